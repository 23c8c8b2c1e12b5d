// The search view: passages as they stand, without an answer. `/search?q=text`.

import { callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { count } from "./format.js";
import { passage } from "./turn.js";

/** The view's door; see app.js. */
export function show(main, url, { signal, go }) {
  const text = url.searchParams.get("q") ?? "";
  const field = el("input", { type: "search", id: "search-q", name: "q", autocomplete: "off", placeholder: "Words, an entity, an error message", "data-slash": true });
  field.value = text;
  const form = el("form", { class: "search-form", role: "search" }, el("label", { for: "search-q", class: "visually-hidden" }, "Search the docs"), field, el("button", { type: "submit", class: "button primary" }, "Search"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = field.value.trim();
    if (words) go(`/search?${new URLSearchParams({ q: words })}`);
  });
  const results = el("div", { class: "search-results" });
  main.append(el("div", { class: "search" }, el("h1", {}, "Search the docs"), form, results));
  if (text.trim()) load(results, text.trim(), signal);
  else results.append(el("p", { class: "muted" }, "Passages of docs, catalog entries and API definitions, best first. For an answer, ", el("a", { href: "/" }, "ask"), "."));
  return text ? `${text} · Search` : "Search";
}

async function load(results, question, signal) {
  results.setAttribute("aria-busy", "true");
  results.replaceChildren(el("p", { class: "progress" }, "Searching"));
  try {
    const { hits } = await callAction("search_docs", { question, k: 20 }, { signal });
    announce(count(hits.length, "passage"));
    results.replaceChildren(hits.length ? el("ol", { class: "passage-list wide" }, hits.map(passage)) : nothing(question));
  } catch (error) {
    if (error.name === "AbortError") return;
    results.replaceChildren(el("div", { class: "callout error", role: "alert" }, el("p", { class: "callout-title" }, "The search failed"), el("p", {}, error.message), el("button", { type: "button", class: "button small", onclick: () => load(results, question, signal) }, "Try again")));
  } finally {
    results.setAttribute("aria-busy", "false");
  }
}

const nothing = (question) =>
  el("div", { class: "empty" }, el("p", { class: "empty-title" }, "No passage matches"), el("p", {}, "Try other words than “", question, "”, or ", el("a", { href: "/catalog" }, "browse the catalog"), "."));
