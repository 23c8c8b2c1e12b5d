// The catalog view: filter entities; the address carries the filters.

import { getJson } from "./api.js";
import { announce, el } from "./dom.js";
import { count, entityHref, shortRef } from "./format.js";

const PAGE = 50;
const FILTERS = ["kind", "owner", "system", "lifecycle"];
const NAMES = { kind: "Kind", owner: "Owner", system: "System", lifecycle: "Lifecycle" };

/** The view's door; see app.js. */
export function show(main, url, { signal }) {
  const view = { filters: filtersOf(url), items: [], total: 0, signal, request: null };
  view.results = el("div", { class: "results", "aria-busy": "true" });
  view.summary = el("p", { class: "summary" });
  view.form = filterForm(view);
  main.append(el("div", { class: "catalog" }, el("h1", {}, "Catalog"), view.form, view.summary, view.results));
  load(view);
  return "Catalog";
}

function filtersOf({ searchParams }) {
  return Object.fromEntries(["q", ...FILTERS].map((name) => [name, searchParams.get(name) ?? ""]));
}

function filterForm(view) {
  const text = el("input", { type: "search", id: "filter-q", name: "q", placeholder: "Name, title or description", autocomplete: "off", "data-slash": true });
  text.value = view.filters.q;
  const form = el(
    "form",
    { class: "filters", role: "search", "aria-label": "Filter the catalog" },
    field("filter-q", "Text", text),
    FILTERS.map((name) => field(`filter-${name}`, NAMES[name], el("select", { id: `filter-${name}`, name }))),
  );
  let pause;
  text.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => change(view), 200);
  });
  form.addEventListener("change", (event) => event.target !== text && change(view));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    change(view);
  });
  offer(form, {}, view.filters);
  return form;
}

const field = (id, name, control) => el("div", { class: "field" }, el("label", { for: id }, name), control);

// `facets` is `{ kind: { component: 24, … }, … }`; a chosen value that no result has stays selectable.
function offer(form, facets, chosen) {
  for (const name of FILTERS) {
    const values = Object.entries(facets[name] ?? {}).sort(([a], [b]) => a.localeCompare(b));
    if (chosen[name] && !values.some(([value]) => value === chosen[name])) values.push([chosen[name], 0]);
    const select = form.elements[name];
    select.replaceChildren(el("option", { value: "" }, "Any"), ...values.map(([value, number]) => el("option", { value, selected: value === chosen[name] }, `${shortRef(value)} (${number})`)));
    select.classList.toggle("chosen", Boolean(chosen[name]));
  }
}

function change(view) {
  view.filters = Object.fromEntries(new FormData(view.form));
  const query = new URLSearchParams(Object.entries(view.filters).filter(([, value]) => value));
  history.replaceState(null, "", `/catalog${query.size ? `?${query}` : ""}`);
  load(view);
}

async function load(view, { more = false } = {}) {
  view.request?.abort();
  view.request = new AbortController();
  const signal = AbortSignal.any([view.signal, view.request.signal]);
  const offset = more ? view.items.length : 0;
  view.results.setAttribute("aria-busy", "true");
  try {
    const found = await getJson("/api/v1/entities", { query: { ...view.filters, limit: PAGE, offset }, signal });
    view.items = more ? [...view.items, ...found.items] : found.items;
    view.total = found.total;
    offer(view.form, found.facets ?? {}, view.filters);
    draw(view, { from: offset });
  } catch (error) {
    if (error.name !== "AbortError") failed(view, error);
  }
}

function draw(view, { from }) {
  view.results.setAttribute("aria-busy", "false");
  view.summary.textContent = view.total ? count(view.total, "entity", "entities") : "";
  announce(count(view.total, "entity", "entities"));
  if (!view.total) {
    view.results.replaceChildren(nothing(view));
    return;
  }
  const rows = view.items.map(row);
  const rest = view.total - view.items.length;
  const button = rest > 0 && el("button", { type: "button", class: "button", onclick: () => load(view, { more: true }) }, `Show ${Math.min(rest, PAGE)} more`);
  view.results.replaceChildren(el("ul", { class: "entity-list" }, rows), ...(button ? [button] : []));
  if (from) rows[from]?.querySelector("a").focus();
}

function row(item) {
  return el(
    "li",
    { class: "entity-row" },
    el("span", { class: "kind" }, item.kind),
    el("div", { class: "entity-what" }, el("a", { class: "entity-name", href: entityHref(item.ref) }, item.title), item.description && el("p", { class: "entity-description" }, item.description)),
    el(
      "dl",
      { class: "entity-facts" },
      fact("Owner", item.owner ? shortRef(item.owner) : OWNABLE.has(item.kind.toLowerCase()) && el("span", { class: "warn" }, "no owner")),
      fact("System", shortRef(item.system)),
      fact("Lifecycle", item.lifecycle),
    ),
  );
}

// Kinds whose descriptor has spec.owner; users, groups and locations belong to nobody.
const OWNABLE = new Set(["component", "api", "system", "domain", "resource"]);

const fact = (name, value) => value && el("div", {}, el("dt", { class: "visually-hidden" }, name), el("dd", {}, value));

function nothing(view) {
  const filtered = Object.values(view.filters).some(Boolean);
  return el(
    "div",
    { class: "empty" },
    el("p", { class: "empty-title" }, filtered ? "No entity matches these filters" : "The catalog is empty"),
    filtered ? el("p", {}, el("a", { href: "/catalog" }, "Clear the filters"), ", or take one away.") : el("p", {}, "Run ", el("code", {}, "cuebook ingest PATH"), " over a folder with catalog-info.yaml files."),
  );
}

function failed(view, error) {
  view.results.setAttribute("aria-busy", "false");
  view.summary.textContent = "";
  view.results.replaceChildren(
    el("div", { class: "callout error", role: "alert" }, el("p", { class: "callout-title" }, "The catalog could not be read"), el("p", {}, error.message), el("button", { type: "button", class: "button small", onclick: () => load(view) }, "Try again")),
  );
}
