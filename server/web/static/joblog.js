// What a job prints, as it prints it. A log is data: it only ever enters the page as text.

import { callAction } from "./api.js";
import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { repeat } from "./poll.js";

const SOON = 1_500;
const QUIET = 4_000; // after nothing new
const MOST = 1_000_000; // characters that are kept in the page

/** The section that shows and follows the log of the job `id`. */
export function liveLog(id, { signal }) {
  const log = { id, signal, offset: 0, text: "", dropped: 0, paused: false, finished: false, wake: null };
  log.output = el("pre", { class: "log", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "What the job printed" });
  log.note = el("p", { class: "muted", role: "status" });
  log.stages = el("ol", { class: "stages", "aria-label": "Stages", hidden: true });
  log.follow = el("input", { type: "checkbox", id: "log-follow", checked: true });
  log.pause = el("button", { type: "button", class: "button small", "aria-pressed": "false", onclick: () => toggle(log) }, "Pause");
  log.output.addEventListener("scroll", () => (log.follow.checked = atEnd(log.output)));
  log.follow.addEventListener("change", () => log.follow.checked && toEnd(log.output));
  watch(log);
  const tools = el("div", { class: "log-tools" }, el("label", { for: "log-follow" }, log.follow, " Follow"), log.pause, copyButton(() => log.text, { name: "Copy the log" }));
  return el("section", { "aria-labelledby": "log" }, el("div", { class: "log-head" }, el("h2", { id: "log" }, "Log"), log.note, tools), log.stages, log.output);
}

const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 24;
const toEnd = (box) => (box.scrollTop = box.scrollHeight);

function watch(log) {
  log.reading = new AbortController();
  const signal = AbortSignal.any([log.signal, log.reading.signal]);
  say(log);
  repeat(() => step(log, signal), { signal, failed: (error) => (log.note.textContent = error.message) });
}

function toggle(log) {
  log.paused = !log.paused;
  log.pause.textContent = log.paused ? "Resume" : "Pause";
  log.pause.setAttribute("aria-pressed", String(log.paused));
  if (log.paused) log.reading.abort();
  else watch(log);
  say(log);
}

async function step(log, signal) {
  const { text, next_offset: next, finished } = await callAction("read_job_log", { job: log.id, offset: log.offset }, { signal });
  const moved = next > log.offset;
  log.offset = next;
  log.finished = finished;
  if (text) append(log, text);
  say(log);
  if (finished) return null;
  return moved ? (text.length > 32_000 ? 0 : SOON) : QUIET; // a full part has more behind it
}

function append(log, text) {
  log.text += text;
  if (log.text.length > MOST) {
    const cut = log.text.indexOf("\n", log.text.length - MOST) + 1 || log.text.length - MOST;
    log.dropped += cut;
    log.text = log.text.slice(cut);
    log.output.textContent = log.text;
  } else log.output.append(text);
  drawStages(log);
  if (log.follow.checked) toEnd(log.output);
}

function say(log) {
  const state = log.finished ? "complete" : log.paused ? "paused" : "live";
  log.note.className = `log-state ${state}`;
  const empty = log.finished && !log.text ? ", it printed nothing" : "";
  log.note.textContent = `${state}${empty}${log.dropped ? `; the first ${log.dropped.toLocaleString("en")} characters are not shown` : ""}`;
  log.pause.hidden = log.finished;
}

// Our recipes print their progress as JSON lines; whatever else is printed is none of these.
function drawStages(log) {
  const stages = new Map();
  for (const line of log.text.split("\n")) {
    const { event, stage, done, total } = parsed(line);
    if (event === "progress" && typeof stage === "string" && Number.isFinite(done) && Number.isFinite(total)) stages.set(stage, { done, total });
  }
  log.stages.hidden = stages.size === 0;
  log.stages.replaceChildren(...[...stages].map(([name, { done, total }]) => el("li", { class: done >= total ? "done" : "" }, name, el("span", { class: "muted" }, done >= total ? "done" : total > 1 ? `${done} of ${total}` : "under way"))));
}

function parsed(line) {
  if (!line.startsWith('{"event"')) return {};
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
}
