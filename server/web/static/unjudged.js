// Versions that others registered in the same MLflow: with their runs' own figures, which no protocol of ours stands
// behind. They have a list of their own, so that none of these figures stands beside a judged one.

import { callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { hash, when } from "./facts.js";
import { count } from "./format.js";
import { failed, loading, nothing } from "./states.js";

const PAGE = 20;
const WHERE = "/models?judged=false";

/** A line for the list of judged versions, or null when others registered nothing and MLflow could be read. */
export function othersLine({ unjudged: { total, problem } }) {
  if (!total && !problem) return null;
  const found = total > 0 && [`Others registered ${count(total, "version")} in the same MLflow, judged by no protocol here. `, el("a", { href: WHERE }, "See them")];
  return el("p", { class: "muted" }, found, problem && ` ${problem}`);
}

/** The view `/models?judged=false`. */
export function showUnjudged(main, { signal }) {
  const view = { signal, items: [], summary: el("p", { class: "summary" }), results: el("div", { class: "results", "aria-busy": "true" }, loading()) };
  const about = el("p", {}, "Registered by others in the same MLflow. Nobody here knows the protocol, the split or the ties behind their figures, so they are not ranked or compared. ", el("a", { href: "/models" }, "Back to the judged models"));
  main.append(el("div", { class: "models" }, el("h1", {}, "Models not judged here"), about, view.summary, view.results));
  load(view);
  return "Models not judged here";
}

async function load(view) {
  try {
    const found = await callAction("query_model_catalog", { judged: false, limit: PAGE, offset: view.items.length }, { signal: view.signal });
    draw(view, found);
  } catch (error) {
    if (error.name === "AbortError") return;
    view.results.setAttribute("aria-busy", "false");
    view.results.replaceChildren(failed("These models could not be read", error, () => load(view)));
  }
}

function draw(view, { total, unjudged }) {
  const from = view.items.length;
  view.items.push(...unjudged.items);
  view.results.setAttribute("aria-busy", "false");
  view.summary.replaceChildren(count(total, "version"), ", MLflow was read ", when(unjudged.synced_at) ?? "never");
  announce(count(total, "model version"));
  const rest = total - view.items.length;
  const parts = [
    unjudged.problem && el("p", { class: "callout warning" }, unjudged.problem),
    view.items.length ? table(view.items) : nothing("Nobody else registered a model here", "Versions that come from another program appear once MLflow was read."),
    rest > 0 && el("button", { type: "button", class: "button", onclick: () => load(view) }, `Show ${Math.min(rest, PAGE)} more`),
  ];
  view.results.replaceChildren(...parts.filter(Boolean));
  if (from) view.results.querySelectorAll("tbody tr")[from]?.scrollIntoView({ block: "nearest" });
}

function table(items) {
  const head = ["Model", "Its run's own figures", "Registered by", "Made"].map((name, at) => el("th", { scope: "col", class: at > 1 && "wide" }, name));
  return el("table", { class: "chart model-table unjudged" }, el("caption", { class: "visually-hidden" }, "Models not judged here"), el("thead", {}, el("tr", {}, head)), el("tbody", {}, items.map(row)));
}

function row(item) {
  const figures = Object.entries(item.unjudged_metrics).map(([name, value]) => el("li", {}, name, " ", value.toLocaleString("en", { maximumSignificantDigits: 6 })));
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("span", { class: "model-name" }, item.ref), " ", item.aliases.map((alias) => el("span", { class: "alias" }, alias)), el("span", { class: "unjudged-mark" }, "not judged"), el("span", { class: "model-kind" }, "MLflow run ", hash(item.run_id, { short: true }), item.run_status && ` ${item.run_status.toLowerCase()}`)),
    el("td", {}, figures.length ? el("ul", { class: "plain" }, figures) : el("span", { class: "muted" }, "none"), item.more_metrics > 0 && el("span", { class: "muted" }, `and ${item.more_metrics} more`)),
    el("td", { class: "wide" }, item.by || el("span", { class: "muted" }, "unknown")),
    el("td", { class: "wide" }, when(item.created_at)),
  );
}
