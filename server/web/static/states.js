// What a view shows while it has nothing else to show: loading, nothing there, not allowed, failed.

import { el } from "./dom.js";

/** A grey box for what is on its way. */
export const loading = () => [el("div", { class: "skeleton", "aria-hidden": "true" }), el("p", { class: "visually-hidden" }, "Loading")];

/** "Nothing is here": a title, and what to do about it. */
export const nothing = (title, ...more) => el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), more.map((part) => el("p", {}, part)));

/** The same for a page of its own that does not exist; what one may not see does not exist either. */
export const missing = (title, ...more) => el("div", { class: "empty" }, el("h1", { class: "empty-title" }, title), more.map((part) => el("p", {}, part)));

/** What went wrong, in the server's words. With `retry` it is reading that failed, and may be tried again. */
export function failed(title, error, retry) {
  const refused = error.status === 403 && Boolean(retry);
  return el(
    "div",
    { class: `callout ${refused ? "warning" : "error"}`, role: "alert" },
    el("p", { class: "callout-title" }, refused ? "You may not see this" : title),
    el("p", {}, error.message),
    retry && !refused && el("button", { type: "button", class: "button small", onclick: retry }, "Try again"),
  );
}
