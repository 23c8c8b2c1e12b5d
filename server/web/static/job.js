// The page of one job: how it stands, what it prints, what it left, and ending it.

import { callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { confirmEffect } from "./effect.js";
import { entityLink, hash, jsonTable, terms, when } from "./facts.js";
import { bytes, duration, modelHref } from "./format.js";
import { jobTitle, stateMark } from "./jobs.js";
import { liveLog } from "./joblog.js";
import { metricSections } from "./metrics.js";
import { repeat } from "./poll.js";
import { failed, loading, missing } from "./states.js";

const UNDER_WAY = new Set(["queued", "running"]);
const SOON = 3_000;

/** The view's door; see app.js. */
export function show(main, url, { signal }) {
  const id = decodeURIComponent(url.pathname.split("/")[2]);
  const view = { id, signal, page: el("div", { class: "job", "aria-busy": "true" }, loading()), parts: null, state: "" };
  main.append(view.page);
  watch(view);
  return id;
}

function watch(view) {
  repeat(() => step(view), { signal: view.signal, failed: (error) => unread(view, error) });
}

async function step(view) {
  const job = await callAction("get_job", { job: view.id }, { signal: view.signal });
  view.page.setAttribute("aria-busy", "false");
  if (!view.parts) frame(view, job);
  if (view.state && view.state !== job.state) announce(`The job is ${job.state}`);
  view.state = job.state;
  fillHead(view, job);
  view.parts.facts.replaceChildren(facts(job));
  view.parts.result.replaceChildren(...result(job).filter(Boolean));
  return UNDER_WAY.has(job.state) ? SOON : null;
}

// What stays while the job changes is built once, so that the log keeps its place and the button its focus.
function frame(view, job) {
  view.parts = { mark: el("span", {}), reason: el("div", {}), cancel: cancelButton(view), facts: el("div", {}), result: el("div", { class: "job-result" }) };
  const { mark, reason, cancel, facts: side, result: made } = view.parts;
  const trail = [el("a", { href: "/jobs" }, "Jobs"), el("span", { "aria-current": "page" }, job.id)];
  view.page.replaceChildren(
    el("nav", { "aria-label": "Breadcrumb" }, el("ol", { class: "breadcrumb" }, trail.map((part) => el("li", {}, part)))),
    el("div", { class: "entity-head" }, el("div", { class: "job-head" }, el("h1", {}, jobTitle(job)), cancel), el("p", { class: "ref" }, mark, el("code", {}, job.id)), reason),
    el("div", { class: "entity-columns" }, el("div", { class: "entity-main" }, made, liveLog(view.id, { signal: view.signal }), told(job)), el("aside", { class: "entity-side", "aria-label": "Facts" }, side)),
  );
  document.title = `${jobTitle(job)} · Cuebook`;
}

function fillHead({ parts: { mark, reason, cancel } }, job) {
  mark.replaceChildren(stateMark(job.state));
  const trouble = job.state === "failed" || job.state === "lost";
  reason.replaceChildren(...(job.reason ? [el("div", { class: `callout ${trouble ? "error" : ""}` }, el("p", {}, job.reason))] : []));
  cancel.hidden = !UNDER_WAY.has(job.state);
}

function cancelButton(view) {
  const button = el("button", { type: "button", class: "button", hidden: true }, "End this job");
  button.addEventListener("click", async () => {
    const outcome = await confirmEffect("cancel_job", { job: view.id }, { title: "End this job?", verb: "End the job", decline: "Leave it running", signal: view.signal });
    if (outcome) step(view).catch(() => {}); // the watch tells what goes wrong
  });
  return button;
}

function facts(job) {
  const { ref, run_id: run } = job.registered ?? {};
  return terms([
    ["Model", ref && el("a", { href: modelHref(ref) }, ref)],
    ["MLflow run", ref && hash(run, { short: true })],
    ["Owner", entityLink(job.owner)],
    ["Launched", when(job.created_at)],
    ["Started", job.started_at ? when(job.started_at) : job.state === "queued" && "waits for a slot"],
    ["Last sign of life", job.state === "running" && when(job.heartbeat_at)],
    ["Ended", when(job.ended_at)],
    ["Ran for", job.started_at && duration(job.seconds)],
    ["CPU time", job.started_at && duration(job.cpu_seconds)],
    ["Most memory", job.peak_memory_bytes > 0 && bytes(job.peak_memory_bytes)],
    ["Exit code", job.exit_code],
    ["Plan", el("a", { href: `/plans/${job.digest}` }, hash(job.digest, { short: true }))],
    ["Result in", job.state === "succeeded" && el("code", {}, job.out)],
  ]);
}

function result({ result: made, registered, unregistered }) {
  const missing = unregistered && el("div", { class: "callout warning" }, el("p", { class: "callout-title" }, "Its result is not in the registry yet"), el("p", {}, unregistered));
  const left = registered && made?.kind !== "evaluation" && el("section", { "aria-labelledby": "made" }, el("h2", { id: "made" }, "What it made"), el("p", {}, "Registered as ", el("a", { href: modelHref(registered.ref) }, registered.ref), "."));
  return [missing, left, ...metricSections(made?.metrics ?? [])];
}

function told({ spec }) {
  return el("section", { "aria-labelledby": "told" }, el("h2", { id: "told" }, "What it was told"), jsonTable(spec, { caption: "The job's specification" }));
}

function unread(view, error) {
  view.page.setAttribute("aria-busy", "false");
  if (view.parts) {
    announce(`The job could not be read: ${error.message}`);
    return;
  }
  const shown = error.status === 404 ? missing("There is no such job", [el("code", {}, view.id), " does not exist, or is not yours."], el("a", { href: "/jobs" }, "See your jobs")) : failed("The job could not be read", error, () => location.reload());
  view.page.replaceChildren(shown);
}
