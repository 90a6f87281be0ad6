// Streamlit hands a text area over when it is left, which is too late to count the parts of a text while it is written.
// So a hidden one-line field beside it, which is handed over during typing, hears what is written; line ends travel as
// U+2028, since a one-line field drops them.
(() => {
  if (window.nextpodHears) return;
  window.nextpodHears = true;
  const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  document.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLTextAreaElement)) return;
    const ear = event.target.closest("[class*='st-key-live_']")?.querySelector("input[type=text]");
    if (!ear) return;
    put.call(ear, event.target.value.replaceAll("\n", "\u2028"));
    ear.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // A choice (radio, toggle, one of a row of buttons) keeps Enter to itself, so that the quick key of a button on the page
  // would be dead while the focus rests there, as it does right after choosing.
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.isTrusted) return;
    if (!event.target.closest("input[type=radio], input[type=checkbox], [data-testid=stButtonGroup] button")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { ctrlKey, metaKey } = event;
    for (const kind of ["keydown", "keyup"]) {
      document.dispatchEvent(new KeyboardEvent(kind, { key: "Enter", code: "Enter", keyCode: 13, ctrlKey, metaKey }));
    }
  }, true);
  // The quick key of answering: the box is ready to be written in.
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "a" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, [contenteditable], [role=combobox]")) return;
    const box = document.querySelector("[class*='st-key-live_inbox_answer_'] textarea");
    if (!box) return;
    event.preventDefault();
    box.focus();
  });
})();
