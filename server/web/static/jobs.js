// The jobs view: training and evaluation as processes, newest first, watched while they change.

import { callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { when } from "./facts.js";
import { count, duration, shortRef } from "./format.js";
import { sync } from "./livelist.js";
import { repeat } from "./poll.js";
import { failed, loading, nothing } from "./states.js";

const PAGE = 25;
const MOST = 200; // what list_jobs returns at once
const STATES = ["queued", "running", "succeeded", "failed", "cancelled", "lost"];
const UNDER_WAY = new Set(["queued", "running"]);
const SOON = 3_000;
const LATER = 15_000;

/** The view's door; see app.js. */
export function show(main, url, { signal }) {
  const asked = url.searchParams.get("state") ?? "";
  const view = { state: STATES.includes(asked) ? asked : "", limit: PAGE, signal, watching: null };
  view.summary = el("p", { class: "summary" });
  view.results = el("div", { class: "results", "aria-busy": "true" }, loading());
  view.list = el("ul", { class: "job-list" });
  main.append(
    el(
      "div",
      { class: "jobs" },
      el("h1", {}, "Jobs"),
      el("p", { class: "lead muted" }, "A job is a process that trains or evaluates a model. What it leaves behind is under ", el("a", { href: "/models" }, "models"), "."),
      el("div", { class: "bar" }, filter(view), view.summary),
      view.results,
    ),
  );
  watch(view);
  return "Jobs";
}

function filter(view) {
  const select = el("select", { id: "filter-state" }, el("option", { value: "" }, "Any state"), STATES.map((state) => el("option", { value: state, selected: state === view.state }, state)));
  select.addEventListener("change", () => {
    view.state = select.value;
    view.limit = PAGE;
    history.replaceState(null, "", view.state ? `/jobs?state=${view.state}` : "/jobs");
    watch(view);
  });
  return el("div", { class: "field" }, el("label", { for: "filter-state" }, "State"), select);
}

function watch(view) {
  view.watching?.abort();
  view.watching = new AbortController();
  const signal = AbortSignal.any([view.signal, view.watching.signal]);
  view.results.setAttribute("aria-busy", "true");
  repeat(() => step(view, signal), { signal, failed: (error) => unread(view, error) });
}

async function step(view, signal) {
  const { items, total } = await callAction("list_jobs", { state: view.state, limit: view.limit }, { signal });
  const first = view.results.getAttribute("aria-busy") === "true";
  view.results.setAttribute("aria-busy", "false");
  const moving = items.filter(({ state }) => UNDER_WAY.has(state)).length;
  view.summary.textContent = total ? `${count(total, "job")}${moving ? `, ${moving} under way` : ""}` : "";
  if (first) announce(count(total, "job"));
  if (!total) view.results.replaceChildren(view.state ? nothing(`No job is ${view.state}`, "Choose another state to see the others.") : none());
  else draw(view, items, total);
  return moving ? SOON : LATER;
}

function draw(view, items, total) {
  sync(view.list, items, { key: ({ id }) => id, draw: row });
  const more = () => {
    view.limit = Math.min(MOST, view.limit + PAGE);
    watch(view);
  };
  const rest = total - items.length;
  const foot = rest > 0 && (view.limit < MOST ? el("button", { type: "button", class: "button", onclick: more }, `Show ${Math.min(rest, PAGE)} more`) : el("p", { class: "muted" }, `${count(rest, "older job")} not shown; `, el("code", {}, "cuebook jobs list"), " has them."));
  if (view.list.parentElement !== view.results) view.results.replaceChildren(view.list);
  [...view.results.children].forEach((child) => child !== view.list && child.remove());
  if (foot) view.results.append(foot);
}

function row(job) {
  return el(
    "li",
    { class: "job-row" },
    stateMark(job.state),
    el("div", { class: "job-what" }, el("a", { class: "entity-name", href: `/jobs/${job.id}` }, jobTitle(job)), el("p", { class: "muted" }, el("code", {}, job.id)), job.reason && el("p", { class: "reason" }, job.reason)),
    el("dl", { class: "entity-facts" }, fact("Owner", shortRef(job.owner)), fact("Launched", when(job.created_at)), fact("Ran for", job.started_at && duration(job.seconds))),
  );
}

const fact = (name, value) => el("div", {}, el("dt", { class: "visually-hidden" }, name), el("dd", {}, value || el("span", { class: "muted" }, "–")));

/** The state of a job or a plan: a word with a mark whose shape differs, so that colour is not all. */
export const stateMark = (state) => el("span", { class: `state ${state}` }, state);

/** "Train knn-first". */
export const jobTitle = ({ recipe, subject }) => `${recipe.charAt(0).toUpperCase()}${recipe.slice(1)} ${subject || "a model"}`;

const none = () => nothing("No job yet", ["Launch one from a client with ", el("code", {}, "launch_training"), ", or in a terminal: ", el("code", {}, "cuebook plan launch_training --json '{\"name\": \"knn-first\"}'"), "."]);

function unread(view, error) {
  view.results.setAttribute("aria-busy", "false");
  view.results.replaceChildren(failed("The jobs could not be read", error, () => watch(view)));
}
