// A box of text that is cut off at a height: it fades where it is cut, and a button beneath shows the rest.

import { el } from "./dom.js";

const SLACK = 4; // pixels that rounding may take

/** `box` with its button, which is there only while something is cut off, or was and is shown now. */
export function clipped(box) {
  const button = el("button", { type: "button", class: "show-rest", hidden: true, "aria-expanded": "false" }, "Show all of it");
  button.addEventListener("click", () => {
    const whole = box.classList.toggle("whole");
    button.setAttribute("aria-expanded", String(whole));
    button.textContent = whole ? "Show less" : "Show all of it";
  });
  // Observed, because what is folded away has no height until it is opened.
  new ResizeObserver(() => {
    const cut = box.scrollHeight > box.clientHeight + SLACK;
    box.classList.toggle("cut", cut);
    button.hidden = !cut && !box.classList.contains("whole");
  }).observe(box);
  return [box, button];
}
