// The plans view: what waits for the reader's approval, and what the reader planned.

import { getJson } from "./api.js";
import { approverBar, knowApprover, mayApprove } from "./approver.js";
import { announce, el } from "./dom.js";
import { clock, when } from "./facts.js";
import { count, shortHash, shortRef } from "./format.js";
import { stateMark } from "./jobs.js";
import { sync } from "./livelist.js";
import { repeat } from "./poll.js";
import { failed, loading } from "./states.js";

const SOON = 5_000;
const PAGE = 25;
const MOST = 200; // what the list gives at once

/** The view's door; see app.js. */
export function show(main, url, { signal, go }) {
  const view = { signal, watching: null, limit: PAGE };
  view.waiting = part("Waiting for your approval", "waiting");
  view.waiting.section.hidden = true;
  view.own = part("Your plans", "own");
  view.bar = el("div", {});
  view.more = el("button", { type: "button", class: "button", hidden: true, onclick: () => more(view) }, "Show older plans");
  main.append(
    el(
      "div",
      { class: "plans" },
      el("div", { class: "bar" }, el("h1", {}, "Plans"), opener(go)),
      el("p", { class: "lead muted" }, "Whatever changes something is planned first. A plan says all that would happen; it happens once, after whoever may has approved it."),
      view.bar,
      view.waiting.section,
      view.own.section,
      view.more,
    ),
  );
  watch(view);
  return "Plans";
}

function part(title, name) {
  const list = el("ul", { class: "job-list" });
  const body = el("div", { class: "results short", "aria-busy": "true" }, loading());
  return { list, body, section: el("section", { "aria-labelledby": `plans-${name}` }, el("h2", { id: `plans-${name}` }, title), body) };
}

// Whoever was sent a digest opens it here.
function opener(go) {
  const field = el("input", { type: "search", id: "open-digest", placeholder: "Digest", autocomplete: "off", spellcheck: "false", pattern: "\\s*[0-9a-fA-F]{64}\\s*", title: "64 hexadecimal digits", required: true });
  const form = el("form", { class: "open-plan", role: "search" }, el("label", { class: "visually-hidden", for: "open-digest" }, "Open a plan by its digest"), field, el("button", { class: "button" }, "Open"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(`/plans/${field.value.trim().toLowerCase()}`);
  });
  return form;
}

function more(view) {
  view.limit = Math.min(MOST, view.limit + PAGE);
  watch(view);
}

function watch(view) {
  view.watching?.abort();
  view.watching = new AbortController();
  const signal = AbortSignal.any([view.signal, view.watching.signal]);
  repeat(() => step(view, signal), { signal, failed: (error) => unread(view, error) });
}

async function step(view, signal) {
  if (!view.bar.firstChild) {
    await knowApprover({ signal });
    view.bar.replaceChildren(approverBar({ changed: () => watch(view) }));
  }
  const found = await getJson("/api/v1/plans", { query: { limit: view.limit }, signal });
  view.waiting.section.hidden = !mayApprove();
  fill(view.waiting, found.waiting, "Nothing waits for you.");
  fill(view.own, found.plans, "You planned nothing yet. A client plans by calling an action that has an effect.");
  older(view, found);
  return SOON;
}

function older(view, { next_offset: next }) {
  view.more.hidden = next === null || view.limit >= MOST;
}

function fill({ list, body }, plans, none) {
  const first = body.getAttribute("aria-busy") === "true";
  body.setAttribute("aria-busy", "false");
  if (first) announce(count(plans.length, "plan"));
  if (!plans.length) {
    body.replaceChildren(el("p", { class: "muted" }, none));
    return;
  }
  sync(list, plans, { key: ({ digest }) => digest, draw: row });
  if (list.parentElement !== body) body.replaceChildren(list);
}

const OPEN = new Set(["planned", "waiting", "approved"]);

function row({ status, digest, summary, action, principal, reason, missing, who, planned_at: planned, expires_at: expires }) {
  const needs = status === "waiting" && missing > 0 && `${count(missing, "approval")} missing; it takes ${who}`;
  return el(
    "li",
    { class: "job-row" },
    stateMark(status),
    el("div", { class: "job-what" }, el("a", { class: "entity-name", href: `/plans/${digest}` }, summary || action), el("p", { class: "muted" }, el("code", {}, action), " ", el("code", {}, shortHash(digest))), (reason || needs) && el("p", { class: "reason" }, reason || needs)),
    el("dl", { class: "entity-facts" }, fact("Planned by", shortRef(principal)), fact("Planned", when(planned)), fact("Open until", OPEN.has(status) && ["until ", clock(expires)])),
  );
}

const fact = (name, value) => el("div", {}, el("dt", { class: "visually-hidden" }, name), el("dd", {}, value || el("span", { class: "muted" }, "–")));

function unread(view, error) {
  view.own.body.setAttribute("aria-busy", "false");
  view.own.body.replaceChildren(failed("The plans could not be read", error, () => watch(view)));
}
