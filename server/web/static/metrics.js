// Metrics of evaluations, one section for each protocol: a chart of the headline view, and all views as numbers.

import { axis, bar, scaleOf } from "./chart.js";
import { el } from "./dom.js";
import { hash } from "./facts.js";
import { figure, shortHash } from "./format.js";

/** Sections for `[{ protocol, hash, headline, views: { view: { metric: { mean, low, high } } } }]`. */
export const metricSections = (given) => given.map(section);

function section({ protocol, hash: digest, headline, views }) {
  const measured = Object.entries(views[headline] ?? {}).sort(byName);
  const id = `metrics-${protocol}-${shortHash(digest)}`;
  return el(
    "section",
    { "aria-labelledby": id },
    el("h2", { id }, "Metrics"),
    el("p", { class: "protocol" }, "Protocol ", el("strong", {}, protocol), " ", hash(digest, { short: true }), `, ${headline} view`),
    chart(measured, `Metrics under ${protocol}, ${headline}, with 95 % intervals`),
    rest(views, headline),
  );
}

// Shares with an interval have one scale; those without, and what is counted in bits, stand below as numbers.
function chart(measured, caption) {
  const known = measured.filter(([, { low, high }]) => low !== null && high !== null);
  const charted = known.filter(([, value]) => isShare(value));
  const others = known.filter(([, value]) => !isShare(value));
  const plain = measured.filter(([, { low, high }]) => low === null || high === null);
  const scale = scaleOf(charted.map(([, value]) => value));
  return [
    charted.length > 0 &&
      el(
        "table",
        { class: "chart" },
        el("caption", { class: "visually-hidden" }, caption),
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Metric"), el("th", { scope: "col", class: "plot" }, el("span", { class: "visually-hidden" }, "Chart"), axis(scale)), el("th", { scope: "col", class: "number" }, "Value ", el("span", { class: "interval-text" }, "95 % interval")))),
        el("tbody", {}, charted.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "plot" }, bar(value, scale)), el("td", { class: "number" }, figure(value.mean), " ", el("span", { class: "interval-text" }, interval(value)))))),
      ),
    others.length > 0 && el("p", { class: "chart-rest" }, "On scales of their own: ", others.map(([name, value]) => `${name} ${figure(value.mean)} (${interval(value)})`).join(", "), "."),
    plain.length > 0 && el("p", { class: "chart-rest" }, "Without an interval: ", plain.map(([name, { mean }]) => `${name} ${figure(mean)}`).join(", "), "."),
  ];
}

/** Whether a figure lies between 0 and 1, as nearly all do; novelty does not, and would press the others together. */
export const isShare = ({ mean, high = mean }) => mean >= 0 && Math.max(mean, high ?? mean) <= 1;

/** "0.0801 to 0.1104", or "" when there is none. */
export const interval = ({ low, high }) => (low === null || low === undefined ? "" : `${figure(low)} to ${figure(high)}`);

function rest(views, headline) {
  const others = Object.keys(views).filter((name) => name !== headline);
  return others.map((name) => el("details", { class: "fold" }, el("summary", {}, `${name} view`), chart(Object.entries(views[name]).sort(byName), `Metrics, ${name}`)));
}

// ndcg@5 before ndcg@10: by name, then by cut-off.
const byName = ([a], [b]) => a.localeCompare(b, "en", { numeric: true });
