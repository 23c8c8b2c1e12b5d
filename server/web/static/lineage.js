// What a version was made from, and what was made from it: drawn, and as a table that has all of it.

import { diagram } from "./diagram.js";
import { el } from "./dom.js";
import { hash } from "./facts.js";
import { count, modelHref, shortHash } from "./format.js";

/** The section for an answer of describe_model; null when nothing is known above or below it. */
export function lineage({ model, lineage: nodes, lineage_total: total }, { signal }) {
  if (!nodes.length) return null;
  const box = el("div", { class: "diagram" });
  drawn(box, model.ref, nodes, signal);
  return el(
    "section",
    { "aria-labelledby": "lineage" },
    el("h2", { id: "lineage" }, "Lineage"),
    box,
    el("details", { class: "fold" }, el("summary", {}, "As a table"), table(nodes)),
    total > nodes.length && el("p", { class: "muted" }, `${count(total - nodes.length, "more artifact")} not shown.`),
  );
}

const TYPES = { parent: () => "madeFrom", child: ({ kind }) => (kind === "evaluation" ? "judgedIn" : "madeInto") };

function drawn(box, ref, nodes, signal) {
  const near = nodes.filter(({ depth }) => depth === 1);
  const groups = Map.groupBy(near, (node) => TYPES[node.relation](node));
  const members = new Map([...groups].map(([type, found]) => [type, found.map(node)]));
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (!box.clientWidth || box.clientWidth === width) return; // 0 once the view is gone
    width = box.clientWidth;
    box.replaceChildren(diagram(ref, members, { width, label: `Artifacts next to ${ref}` }));
  });
  observer.observe(box);
  signal.addEventListener("abort", () => observer.disconnect());
}

const words = ({ kind, name, ref, digest }) => ref ?? (kind === "evaluation" ? `evaluation ${shortHash(digest)}` : `${name ?? "not registered"} ${shortHash(digest)}`);

function node(one) {
  return { text: words(one), hint: one.kind ? `${words(one)}, ${one.digest}` : `${one.digest} was never registered`, href: modelHref(one.ref), dangling: !one.kind };
}

function table(nodes) {
  const row = (one) => {
    const href = modelHref(one.ref);
    const steps = one.depth > 1 ? `, ${one.depth} steps away` : "";
    return el("tr", {}, el("th", { scope: "row" }, href ? el("a", { href }, one.ref) : words(one)), el("td", {}, `${one.relation}${steps}`), el("td", {}, one.kind ?? "not registered"), el("td", {}, hash(one.digest, { short: true })));
  };
  return el("table", { class: "rows" }, el("thead", {}, el("tr", {}, ["Artifact", "Relation", "Kind", "Digest"].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, nodes.map(row)));
}
