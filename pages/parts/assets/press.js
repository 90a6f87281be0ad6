// A press is only a click for the browser when the button is still under the pointer at its end. Pressing a button leaves
// the box that was being written in, what was written is counted, and the page may grow a line above the button between
// the two ends of the press: measured, 114 px within 0.4 s, and nothing came of the press. So a press that began on a
// button and ended where it began is a click on that button, wherever it stands by then and whether or not it was drawn
// anew; unless it says something else by then, such as another number of people, or something lies over it. A press is
// one click: a finger's may come late on a busy page, and on whatever stands there by then.
(() => {
  if (window.nextpodPresses) return;
  window.nextpodPresses = true;
  // A double click in a chart is one click: the second would give up what the first chose, and Streamlit's chart takes a
  // double click for "choose nothing", both before anybody heard of the first.
  for (const kind of ["click", "dblclick"]) {
    window.addEventListener(kind, (event) => {
      if (event.detail > 1 && event.target instanceof HTMLCanvasElement) event.stopImmediatePropagation();
    }, true);
  }
  const STILL = 12; // Pixels: whoever lets go elsewhere has thought better of it.
  const LONGEST = 600; // Milliseconds: a longer touch asks for a menu.
  let press = null;
  const LATE = 1500; // Milliseconds: as much later a finger's own click may come.
  let done = -LATE; // When a click was made here: one that comes without another press is the same.

  const place = (target) => {
    const button = target instanceof Element ? target.closest("button") : null;
    const box = button?.closest("[class*='st-key-']");
    const key = box && [...box.classList].find((name) => name.startsWith("st-key-"));
    if (!button || !key) return null;
    return { key, at: [...box.querySelectorAll("button")].indexOf(button), says: button.textContent };
  };
  const find = ({ key, at, says }) => {
    const boxes = document.querySelectorAll(`.${CSS.escape(key)}`);
    const button = boxes.length === 1 && boxes[0].querySelectorAll("button")[at];
    if (!button || button.disabled || button.textContent !== says) return null;
    const { left, top, width, height } = button.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + height / 2); // None where it is out of sight.
    return !above || button.contains(above) ? button : null;
  };

  window.addEventListener("pointerdown", (event) => {
    done = -LATE;
    const found = event.isPrimary && event.button === 0 && !event.ctrlKey ? place(event.target) : null;
    press = found && !event.target.closest("button").disabled
      ? { ...found, id: event.pointerId, x: event.clientX, y: event.clientY, since: event.timeStamp }
      : null;
  }, true);
  window.addEventListener("pointercancel", () => { press = null; }, true);
  window.addEventListener("click", (event) => {
    const found = press && place(event.target);
    if (found && found.key === press.key && found.at === press.at) press = null; // As it should be.
    else if (event.isTrusted && event.detail > 0 && (found || event.timeStamp - done < LATE)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  window.addEventListener("pointerup", (event) => {
    const ended = press;
    if (!ended || event.pointerId !== ended.id) return;
    const touched = event.pointerType !== "mouse";
    if (Math.hypot(event.clientX - ended.x, event.clientY - ended.y) > STILL
        || (touched && event.timeStamp - ended.since > LONGEST)) {
      press = null;
      return;
    }
    // The browser's own click comes right after this; on touch a moment later.
    setTimeout(() => {
      if (press !== ended) return;
      press = null;
      const button = find(ended);
      if (!button) return;
      done = performance.now();
      button.click();
    }, touched ? 400 : 60);
  }, true);
})();
