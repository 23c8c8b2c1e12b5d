// The models view: registered versions, filtered and ranked by a metric of one protocol. The address carries both.

import { callAction } from "./api.js";
import { axis, bar, scaleOf } from "./chart.js";
import { announce, el } from "./dom.js";
import { hash, when } from "./facts.js";
import { count, figure, modelHref, shortHash, shortRef } from "./format.js";
import { interval } from "./metrics.js";
import { failed, loading, nothing } from "./states.js";
import { othersLine, showUnjudged } from "./unjudged.js";

const PAGE = 20;
const SELECTS = { kind: "Kind", owner: "Owner", data: "Data set", protocol: "Protocol", alias: "Alias" };
const FAVOURITE = "ndcg@10";

/** The view's door; see app.js. */
export function show(main, url, { signal, go }) {
  if (url.searchParams.get("judged") === "false") return showUnjudged(main, { signal });
  const view = { signal, go, items: [], known: null, request: null, chosen: new Set(), asked: Object.fromEntries(url.searchParams) };
  view.summary = el("p", { class: "summary" });
  view.compare = el("button", { type: "button", class: "button", disabled: true, onclick: () => compareChosen(view) }, "Compare two");
  view.results = el("div", { class: "results", "aria-busy": "true" }, loading());
  view.place = el("div", {});
  main.append(el("div", { class: "models" }, el("h1", {}, "Models"), view.place, el("div", { class: "bar" }, view.summary, view.compare), view.results));
  start(view);
  return "Models";
}

// The registry is asked once without filters for what can be chosen.
async function start(view) {
  try {
    view.known = choices((await callAction("query_model_catalog", { limit: 100 }, { signal: view.signal })).items);
    view.form = filterForm(view);
    view.place.replaceChildren(view.form);
    await load(view);
  } catch (error) {
    if (error.name !== "AbortError") unread(view, error, () => start(view));
  }
}

function choices(items) {
  const of = (values) => [...new Map(values)].sort(([, a], [, b]) => a.localeCompare(b));
  const measured = items.flatMap((item) => item.measured);
  return {
    kind: of(items.map(({ kind }) => [kind, kind])),
    owner: of(items.map(({ owner }) => [owner, shortRef(owner)])),
    data: of(items.map(({ data }) => [data.hash, `${data.name} ${shortHash(data.hash)}`])),
    protocol: of(measured.map((one) => [one.protocol_hash, `${one.protocol} ${shortHash(one.protocol_hash)}`])),
    alias: of(items.flatMap(({ aliases }) => aliases.map((alias) => [alias, alias]))),
    metrics: [...new Set(measured.flatMap(({ metrics }) => Object.keys(metrics)))].sort((a, b) => a.localeCompare(b, "en", { numeric: true })),
  };
}

// Ranking takes one protocol; where there are several and none is chosen, the newest come first.
const usualOrder = (known, protocol) => (known.metrics.includes(FAVOURITE) && (protocol || known.protocol.length === 1) ? FAVOURITE : "created_at");

function filterForm(view) {
  const text = el("input", { type: "search", id: "filter-text", name: "text", autocomplete: "off", placeholder: "Name, kind, owner, data", "data-slash": true });
  text.value = view.asked.text ?? "";
  const orders = [["created_at", "Newest first"], ["name", "Name"], ...view.known.metrics.map((metric) => [metric, `Best ${metric}`])];
  const form = el(
    "form",
    { class: "filters model-filters", role: "search", "aria-label": "Filter the models" },
    field("text", "Text", text),
    Object.entries(SELECTS).map(([name, label]) => field(name, label, select(name, [["", "Any"], ...view.known[name]], view.asked[name] ?? ""))),
    field("sort_by", "Order", select("sort_by", orders, view.asked.sort_by ?? usualOrder(view.known, view.asked.protocol))),
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
  return form;
}

const field = (name, label, control) => el("div", { class: "field" }, el("label", { for: `filter-${name}` }, label), control);

function select(name, options, chosen) {
  const all = chosen && !options.some(([value]) => value === chosen) ? [...options, [chosen, chosen]] : options;
  const control = el("select", { id: `filter-${name}`, name }, all.map(([value, words]) => el("option", { value, selected: value === chosen }, words)));
  control.classList.toggle("chosen", name !== "sort_by" && Boolean(chosen));
  return control;
}

function change(view) {
  view.asked = Object.fromEntries([...new FormData(view.form)].filter(([, value]) => value));
  for (const name of Object.keys(SELECTS)) view.form.elements[name].classList.toggle("chosen", Boolean(view.asked[name]));
  const query = new URLSearchParams(view.asked);
  if (view.asked.sort_by === usualOrder(view.known, view.asked.protocol)) query.delete("sort_by");
  history.replaceState(null, "", `/models${query.size ? `?${query}` : ""}`);
  load(view);
}

async function load(view, { more = false } = {}) {
  view.request?.abort();
  view.request = new AbortController();
  const signal = AbortSignal.any([view.signal, view.request.signal]);
  view.results.setAttribute("aria-busy", "true");
  try {
    const filters = { ...Object.fromEntries(new FormData(view.form)), limit: PAGE, offset: more ? view.items.length : 0 };
    const found = await callAction("query_model_catalog", filters, { signal });
    const from = more ? view.items.length : 0;
    view.items = more ? [...view.items, ...found.items] : found.items;
    draw(view, found);
    if (from) view.results.querySelectorAll(".model-name")[from]?.focus();
  } catch (error) {
    if (error.name !== "AbortError") unread(view, error, () => load(view));
  }
}

function draw(view, found) {
  view.results.setAttribute("aria-busy", "false");
  view.summary.textContent = found.total ? count(found.total, "version") : "";
  announce(count(found.total, "model version"));
  view.compare.hidden = view.items.length < 2;
  if (!found.total) {
    view.results.replaceChildren(none(view), leftOut(view, found) || "", othersLine(found) || "");
    return;
  }
  const rest = found.total - view.items.length;
  const parts = [
    table(view, found),
    leftOut(view, found),
    found.ranked_by && new Set(view.items.map(({ data }) => data.hash)).size > 1 && el("p", { class: "callout warning" }, "These were trained on different data sets; figures can be compared within one only."),
    rest > 0 && el("button", { type: "button", class: "button", onclick: () => load(view, { more: true }) }, `Show ${Math.min(rest, PAGE)} more`),
    othersLine(found),
  ];
  view.results.replaceChildren(...parts.filter(Boolean));
}

function leftOut(view, { unmeasured, ranked_by: ranked }) {
  if (!ranked || !unmeasured) return null;
  const newest = () => {
    view.form.elements.sort_by.value = "created_at";
    change(view);
  };
  return el("p", { class: "muted" }, `${count(unmeasured, "more version")} without ${ranked.metric} under ${ranked.protocol}. `, el("button", { type: "button", class: "button small", onclick: newest }, "Order by age to see them"));
}

// One metric of one protocol is charted for all rows; rows that were not measured so have no mark.
function charted(view, { ranked_by: ranked }) {
  if (ranked) return ranked;
  const hashes = new Map(view.items.flatMap(({ measured }) => measured.map((one) => [one.protocol_hash, one])));
  if (hashes.size !== 1) return null;
  const [one] = hashes.values();
  const metric = FAVOURITE in one.metrics ? FAVOURITE : Object.keys(one.metrics)[0];
  return { protocol: one.protocol, hash: one.protocol_hash, view: one.view, metric };
}

const valueOf = (item, by) => by && item.measured.find((one) => one.protocol_hash === by.hash && one.view === by.view)?.metrics[by.metric];

function table(view, found) {
  const by = charted(view, found);
  const scale = scaleOf(view.items.map((item) => valueOf(item, by)).filter(Boolean));
  const head = [
    el("th", { scope: "col" }, el("span", { class: "visually-hidden" }, "Compare")),
    el("th", { scope: "col" }, "Model"),
    by && [el("th", { scope: "col", class: "plot" }, el("span", {}, by.metric), axis(scale)), el("th", { scope: "col", class: "number" }, "Value ", el("span", { class: "interval-text" }, "95 % interval"))],
    el("th", { scope: "col", class: "wide" }, "Owner"),
    el("th", { scope: "col", class: "wide" }, "Data set"),
    el("th", { scope: "col", class: "wide" }, "Made"),
  ];
  return [
    by && el("p", { class: "protocol" }, "Protocol ", el("strong", {}, by.protocol), " ", hash(by.hash, { short: true }), `, ${by.view} view`),
    el("table", { class: "chart model-table" }, el("caption", { class: "visually-hidden" }, by ? `Models with ${by.metric} under ${by.protocol}` : "Models"), el("thead", {}, el("tr", {}, head)), el("tbody", {}, view.items.map((item) => row(view, item, by, scale)))),
  ].filter(Boolean).reduce((box, part) => (box.append(part), box), el("div", { class: "model-results" }));
}

function row(view, item, by, scale) {
  const value = valueOf(item, by);
  const pick = el("input", { type: "checkbox", "aria-label": `Compare ${item.ref}`, checked: view.chosen.has(item.ref) });
  pick.addEventListener("change", () => choose(view, item.ref, pick.checked));
  return el(
    "tr",
    {},
    el("td", { class: "pick" }, pick),
    el("th", { scope: "row" }, el("a", { class: "model-name", href: modelHref(item.ref) }, item.ref), " ", item.aliases.map((alias) => el("span", { class: "alias" }, alias)), el("span", { class: "model-kind" }, item.kind), el("span", { class: "narrow" }, shortRef(item.owner), ", ", item.data.name)),
    by && [el("td", { class: "plot" }, value && bar(value, scale)), el("td", { class: "number" }, value ? [figure(value.mean), " ", el("span", { class: "interval-text" }, interval(value))] : el("span", { class: "muted" }, "not judged so"))],
    el("td", { class: "wide" }, shortRef(item.owner)),
    el("td", { class: "wide" }, item.data.name, " ", hash(item.data.hash.slice(0, 7))),
    el("td", { class: "wide" }, when(item.created_at)),
  );
}

function choose(view, ref, chosen) {
  view.chosen[chosen ? "add" : "delete"](ref);
  view.compare.disabled = view.chosen.size !== 2;
  view.compare.textContent = view.chosen.size === 2 ? "Compare these two" : view.chosen.size > 2 ? "Choose only two" : "Compare two";
}

function compareChosen(view) {
  const [a, b] = view.items.map(({ ref }) => ref).filter((ref) => view.chosen.has(ref));
  view.go(`/models/compare?${new URLSearchParams({ a, b })}`);
}

function none(view) {
  const filtered = Object.keys(SELECTS).some((name) => view.form.elements[name].value) || view.form.elements.text.value;
  if (filtered) return nothing("No model matches these filters", [el("a", { href: "/models" }, "Clear the filters"), ", or take one away."]);
  return nothing("No model is registered yet", ["Train one from a client with ", el("code", {}, "launch_training"), ", or in a terminal: ", el("code", {}, "cuebook plan launch_training --json '{\"name\": \"knn-first\"}'"), "."]);
}

function unread(view, error, retry) {
  view.results.setAttribute("aria-busy", "false");
  view.summary.textContent = "";
  view.results.replaceChildren(failed("The models could not be read", error, retry));
}
