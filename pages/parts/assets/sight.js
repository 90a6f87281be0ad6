// A list that a click opened stands above the charts: the reader, and the focus, are taken to it. Drawn anew, and so
// run, once a click.
(() => {
  let left = 60;
  const look = () => {
    const card = document.querySelector(".st-key-analytics_behind_card");
    if (!card) return left-- > 0 && requestAnimationFrame(look);
    const top = card.getBoundingClientRect().top;
    if (top < 0 || top > window.innerHeight * 0.3) card.scrollIntoView({ block: "start" });
    const head = card.querySelector("h3");
    if (!head) return;
    head.tabIndex = -1;
    head.style.outline = "none";
    head.focus({ preventScroll: true });
  };
  requestAnimationFrame(look);
})();
