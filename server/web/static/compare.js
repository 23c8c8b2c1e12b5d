// Two versions of models under one protocol: the difference of each metric with its interval, and what differs in
// how they were made. `/models/compare?a=NAME:VERSION&b=NAME:VERSION`.

import { callAction } from "./api.js";
import { axis, bar, scaleOf } from "./chart.js";
import { el } from "./dom.js";
import { breakable, hash, jsonCell } from "./facts.js";
import { count, figure, modelHref } from "./format.js";
import { interval, isShare } from "./metrics.js";
import { failed, loading, missing, nothing } from "./states.js";

/** The view's door; see app.js. */
export function show(main, url, { signal, go }) {
  const [a, b] = ["a", "b"].map((name) => url.searchParams.get(name)?.trim() ?? "");
  const page = el("div", { class: "models" });
  const body = el("div", { class: "comparison" });
  page.append(el("h1", {}, "Compare models"), picker({ a, b }, { signal, go }), body);
  main.append(page);
  if (a && b) load(body, { a, b }, signal);
  else body.append(nothing("Choose two versions", "They need figures under the same protocol on the same data."));
  return a && b ? `${a} and ${b}` : "Compare models";
}

function picker(chosen, { signal, go }) {
  const selects = Object.keys(chosen).map((name) => el("select", { id: `compare-${name}`, name, required: true }, el("option", { value: chosen[name] }, chosen[name] || "Choose")));
  const form = el("form", { class: "compare-form", "aria-label": "What to compare" }, selects.map((control, at) => el("div", { class: "field" }, el("label", { for: control.id }, at ? "With" : "Version"), control)), el("button", { class: "button primary" }, "Compare"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(`/models/compare?${new URLSearchParams(new FormData(form))}`);
  });
  callAction("query_model_catalog", { limit: 100 }, { signal })
    .then(({ items }) => selects.forEach((control) => offer(control, items)))
    .catch(() => {}); // what was asked for is compared all the same
  return form;
}

function offer(control, items) {
  const chosen = control.value;
  const known = items.map(({ ref, aliases }) => el("option", { value: ref, selected: ref === chosen }, [ref, ...aliases].join(" ")));
  const first = items.some(({ ref }) => ref === chosen) ? [] : [...control.children];
  control.replaceChildren(...first, ...known);
}

async function load(body, { a, b }, signal) {
  body.replaceChildren(...loading());
  body.setAttribute("aria-busy", "true");
  try {
    const found = await callAction("compare_models", { a, b }, { signal });
    body.replaceChildren(...parts(found).filter(Boolean));
  } catch (error) {
    if (error.name === "AbortError") return;
    body.replaceChildren(refused(error, { a, b }, () => load(body, { a, b }, signal)));
  } finally {
    body.setAttribute("aria-busy", "false");
  }
}

function refused(error, { a, b }, retry) {
  if (error.status === 404) return missing("One of them does not exist", error.message, el("a", { href: "/models" }, "See the models"));
  const shown = failed("They cannot be compared", error, error.status >= 500 || !error.status ? retry : null);
  shown.append(el("p", {}, [a, b].map((ref, at) => [at ? ", " : "", modelHref(ref) ? el("a", { href: modelHref(ref) }, ref) : ref])));
  return shown;
}

function parts(found) {
  const groups = Map.groupBy(found.metrics, ({ view }) => view);
  const [quoted, ...others] = [...groups];
  return [
    el("p", { class: "protocol" }, "Protocol ", el("strong", {}, found.protocol), " ", hash(found.protocol_hash, { short: true }), ", data set ", found.a.data.name, " ", hash(found.a.data.hash, { short: true }), found.paired ? ", paired by user." : ". The evaluations did not keep each user's figures, so differences have no interval."),
    quoted && el("section", { "aria-labelledby": "differences" }, el("h2", { id: "differences" }, `${found.a.ref} minus ${found.b.ref}`), el("p", { class: "protocol" }, `${quoted[0]} view`), differences(found, quoted)),
    ...others.map((group) => el("details", { class: "fold" }, el("summary", {}, `${group[0]} view`), differences(found, group))),
    bySlice(found),
    circumstances(found),
  ];
}

const TONES = { a: "better", b: "worse", undecided: "open" };

function differences({ a, b }, [view, metrics], what = "Metric") {
  const known = metrics.filter(({ difference: { low } }) => low !== null);
  const charted = known.filter(({ a: one, b: other }) => isShare(one) && isShare(other));
  const others = known.filter((metric) => !charted.includes(metric));
  const plain = metrics.filter(({ difference: { low } }) => low === null);
  const scale = scaleOf(charted.map(({ difference }) => difference));
  const head = [el("th", { scope: "col" }, what), el("th", { scope: "col", class: "number wide" }, a.ref), el("th", { scope: "col", class: "number wide" }, b.ref), el("th", { scope: "col", class: "plot" }, el("span", { class: "visually-hidden" }, "Chart"), axis(scale)), el("th", { scope: "col", class: "number" }, "Difference ", el("span", { class: "interval-text" }, "95 % interval")), el("th", { scope: "col", class: "wide" }, "Higher")];
  const row = ({ metric, a: one, b: other, difference, better }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, metric),
      el("td", { class: "number wide" }, figure(one.mean)),
      el("td", { class: "number wide" }, figure(other.mean)),
      el("td", { class: "plot" }, bar(difference, scale, { tone: TONES[better] })),
      el("td", { class: "number" }, signed(difference.mean), " ", el("span", { class: "interval-text" }, interval(difference))),
      el("td", { class: better === "undecided" ? "muted wide" : "wide" }, better === "undecided" ? "undecided" : { a, b }[better].ref),
    );
  return [
    charted.length > 0 && el("table", { class: "chart" }, el("caption", { class: "visually-hidden" }, `Differences, ${view}`), el("thead", {}, el("tr", {}, head)), el("tbody", {}, charted.map(row))),
    others.length > 0 && el("p", { class: "chart-rest" }, "On scales of their own: ", others.map(({ metric, a: one, b: other, difference }) => `${metric} ${figure(one.mean)} and ${figure(other.mean)}, ${signed(difference.mean)} (${interval(difference)})`).join("; "), "."),
    plain.length > 0 && el("p", { class: "chart-rest" }, "Without an interval: ", plain.map(({ metric, a: one, b: other }) => `${metric} ${figure(one.mean)} and ${figure(other.mean)}`).join("; "), "."),
  ];
}

// A mean over everybody can hide who pays for it: the same difference, a slice a row.
function bySlice({ a, b, slices }) {
  if (!slices?.length) return null;
  const metric = slices.some((one) => one.metric === "ndcg@10") ? "ndcg@10" : slices[0].metric;
  const rows = slices.filter((one) => one.metric === metric).map(({ slice, users, ...one }) => ({ ...one, metric: [slice, el("span", { class: "model-kind" }, count(users, "user"))], a: { mean: one.a }, b: { mean: one.b } }));
  return el("section", { "aria-labelledby": "slices" }, el("h2", { id: "slices" }, `${metric} by slice`), differences({ a, b }, ["by slice", rows], "Slice"));
}

const signed = (value) => `${value > 0 ? "+" : ""}${figure(value)}`;

function circumstances({ a, b, differs, differs_total: total }) {
  const rows = differs.map(({ key, a: one, b: other }) => el("tr", {}, el("th", { scope: "row" }, breakable(key)), el("td", {}, jsonCell(one)), el("td", {}, jsonCell(other))));
  return el(
    "section",
    { "aria-labelledby": "made" },
    el("h2", { id: "made" }, "What differs in how they were made"),
    rows.length ? el("table", { class: "rows circumstances" }, el("thead", {}, el("tr", {}, ["What", a.ref, b.ref].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, rows)) : el("p", { class: "muted" }, "Nothing."),
    total > differs.length && el("p", { class: "muted" }, `${count(total - differs.length, "more difference")} not shown.`),
  );
}
