// Copies text and says so.

import { announce, el } from "./dom.js";

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on another host has no clipboard API; a selection still works there.
  const area = el("textarea", { class: "visually-hidden", "aria-hidden": "true", tabindex: "-1" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("this browser does not allow copying");
}

/** A button that copies what `text()` returns at the time of the click. */
export function copyButton(text, { label = "Copy", name = label } = {}) {
  const button = el("button", { type: "button", class: "button small", "aria-label": name }, label);
  button.addEventListener("click", async () => {
    try {
      await write(text());
      button.textContent = "Copied";
      announce("Copied");
    } catch (error) {
      button.textContent = "Not copied";
      announce(`Not copied: ${error.message}`);
    }
    setTimeout(() => (button.textContent = label), 1600);
  });
  return button;
}
