// A plan in full: what applying it does, in order, to what, at what cost, and what it will not do.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { hash, jsonTable } from "./facts.js";
import { bytes, count, duration } from "./format.js";

const APART = new Set(["files", "diff", "diffs", "approval"]); // details that are shown in their own way, or elsewhere

/** The effect of `plan` as elements; with `brief`, what a person needs who asked for it a moment ago. */
export function planCard(plan, { brief = false } = {}) {
  return el(
    "div",
    { class: "plan-card" },
    el("p", { class: "plan-summary" }, plan.summary),
    lines("It will", "ol", plan.steps),
    lines("It will not", "ul", plan.will_not),
    el("p", { class: "plan-cost" }, cost(plan.estimate), " ", plan.reversible ? "It can be undone." : el("strong", {}, "It cannot be undone.")),
    !brief && [targets(plan.targets), files(plan.details), diffs(plan.details), details(plan.details)],
  );
}

function lines(title, tag, texts) {
  return texts?.length > 0 && el("section", { class: "plan-lines" }, el("h3", {}, title), el(tag, {}, texts.map((text) => el("li", {}, text))));
}

/** What a plan is expected to cost, in words. */
export function cost({ seconds = 0, cpu_hours: cpu = 0, gpu_hours: gpu = 0 } = {}) {
  if (!seconds && !cpu && !gpu) return "It costs next to nothing.";
  const parts = [seconds > 0 && `about ${duration(seconds)}`, cpu > 0 && `${hours(cpu)} CPU-hours`, gpu > 0 && `${hours(gpu)} GPU-hours`].filter(Boolean);
  return `Estimate: ${parts.join(", ")}.`;
}

const hours = (value) => value.toLocaleString("en", { maximumSignificantDigits: 2 });

function targets(given) {
  if (!given?.length) return null;
  const rows = given.map(({ ref, revision }) => el("tr", {}, el("th", { scope: "row" }, ref), el("td", {}, revision ? hash(revision) : el("span", { class: "muted" }, "is not there yet"))));
  return el(
    "section",
    {},
    el("h2", {}, "Targets"),
    el("p", { class: "muted" }, "Applying looks at these again and refuses if one has moved."),
    el("table", { class: "facts-table" }, el("caption", { class: "visually-hidden" }, "Targets and their revisions"), el("tbody", {}, rows)),
  );
}

function files({ files: given }) {
  if (!Array.isArray(given) || !given.length) return null;
  return el("section", {}, el("h2", {}, count(given.length, "file")), given.map((file, at) => fileOf(file, at === 0 && given.length === 1)));
}

function fileOf({ path, content = "", sha256, bytes: size }, open) {
  return el(
    "details",
    { class: "file", open },
    el("summary", {}, el("code", {}, path), el("span", { class: "muted" }, bytes(size ?? new TextEncoder().encode(content).length))),
    sha256 && el("p", { class: "muted" }, "SHA-256 ", hash(sha256)),
    codeBlock(content, path),
  );
}

/** `text` in a box that scrolls and can be copied. */
export function codeBlock(text, name, body = text) {
  return el(
    "div",
    { class: "code-block" },
    el("div", { class: "code-head" }, el("span", {}, name), copyButton(() => text, { name: `Copy ${name}` })),
    el("pre", { tabindex: "0", role: "region", "aria-label": name }, el("code", {}, body)),
  );
}

// A unified diff under `diff`, or several under `diffs` by the name of what changes.
function diffs({ diff, diffs: many }) {
  const given = Object.entries({ ...(typeof diff === "string" && { change: diff }), ...many }).filter(([, text]) => typeof text === "string" && text);
  return given.length > 0 && el("section", {}, el("h2", {}, "What changes"), given.map(([name, text]) => codeBlock(text, name, coloured(text))));
}

const MARKS = { "+": "ins", "-": "del", "@": "hunk" };

// Each line of a diff carries its sign, so colour is not the only thing that tells.
const coloured = (text) => text.split("\n").map((line) => el("span", { class: `diff-line ${MARKS[line[0]] ?? ""}` }, `${line}\n`));

function details(given) {
  const rest = Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !APART.has(name)));
  return Object.keys(rest).length > 0 && el("section", {}, el("h2", {}, "Resolved"), jsonTable(rest, { caption: "Everything that was resolved for this plan" }));
}
