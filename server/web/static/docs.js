// For pages of the docs: every code block says its language and can be copied, every box that scrolls can be
// reached with the keyboard. The page is whole without it, but for one that asks who the reader is.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { signIn } from "./signin.js";

function language(pre) {
  const name = /(?:^|\s)language-([\w+#.-]+)/.exec(`${pre.parentElement.className} ${pre.firstElementChild?.className ?? ""}`);
  return name?.[1] ?? "text";
}

for (const pre of document.querySelectorAll(".doc-page pre")) {
  const head = el("div", { class: "code-head" }, el("span", {}, language(pre)), copyButton(() => pre.textContent, { name: "Copy code" }));
  const block = el("div", { class: "code-block" }, head);
  pre.replaceWith(block);
  block.append(pre);
  pre.tabIndex = 0;
}

for (const table of document.querySelectorAll(".doc-page table")) {
  if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
}

if (document.querySelector("[data-sign-in]")) {
  signIn().then((signedIn) => signedIn && location.reload());
}
