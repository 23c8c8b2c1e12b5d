// One question with its answer: the record, how it fills, how it looks.

import { ask } from "./api.js";
import { clipped } from "./clipped.js";
import { copyButton } from "./copy.js";
import { announce, el } from "./dom.js";
import { age, confidence, count, entityHref, sectionHref, shortRef } from "./format.js";
import { markdown } from "./markdown.js";
import { rating } from "./rate.js";
import { chip, sourceList, trail } from "./sources.js";

/**
 * The record of a turn; plain data, so that the history entry can keep it. `state` runs from "searching" over
 * "answering" to "done", or ends in "stopped" or "failed".
 */
export function newTurn(question) {
  return { question, state: "searching", text: "", hits: [], citations: [], done: null, error: null };
}

/** Asks and fills `turn`, calling `changed()` after each event. Never throws: a failure becomes the turn's state. */
export async function runTurn(turn, { context, signal, changed }) {
  changed();
  announce("Searching the docs");
  try {
    for await (const event of ask({ question: turn.question, ...(context && { context }) }, { signal })) {
      take(turn, event);
      changed();
    }
    announce(turn.done.abstained ? "The docs do not say." : `Answer ready, ${count(turn.citations.length, "source")}.`);
  } catch (error) {
    turn.state = signal.aborted ? "stopped" : "failed";
    turn.error = signal.aborted ? null : error.message;
    announce(signal.aborted ? "Stopped" : `Failed: ${error.message}`);
    changed();
  }
}

function take(turn, { type, ...fields }) {
  if (type === "retrieved") turn.hits = fields.hits;
  if (type === "citation") turn.citations.push(fields);
  if (type === "text") {
    turn.state = "answering";
    turn.text += fields.delta;
  }
  if (type === "done") {
    turn.state = "done";
    turn.done = fields;
    turn.text = fields.answer; // the checked text: marks without a source are gone
    turn.citations = fields.citations ?? turn.citations;
  }
}

const SILENT = "The docs do not say";
let views = 0;

/** `{ element, update }` of a turn; `update()` draws it again, at most once a frame. */
export function turnView(turn, { number, retry }) {
  views += 1;
  const id = `turn-${views}`;
  const body = el("div", { class: "turn-body" });
  const element = el(
    "article",
    { class: "turn", "aria-labelledby": id },
    el("div", { class: "turn-head" }, el("span", { class: "turn-number", "aria-hidden": "true" }, `Q${number}`), el("h2", { id, class: "question" }, turn.question)),
    body,
  );
  let waiting = false;
  const draw = () => {
    waiting = false;
    element.setAttribute("aria-busy", String(turn.state === "searching" || turn.state === "answering"));
    element.dataset.state = turn.done?.abstained ? "abstained" : turn.state;
    body.replaceChildren(...parts(turn, { id, retry }).filter(Boolean));
  };
  const update = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  };
  draw();
  return { element, update };
}

function parts(turn, { id, retry }) {
  if (turn.state === "failed") return [failed(turn, retry)];
  if (turn.done?.abstained) return [abstained(turn, id), null];
  const cite = (number) => {
    const citation = turn.citations.find((one) => one.number === number);
    if (citation) return chip(citation, { id });
    return turn.state === "answering" ? el("span", { class: "cite waiting" }, String(number)) : null;
  };
  const answer = el(
    "div",
    { class: "answer" },
    progress(turn),
    turn.text && el("div", { class: "prose" }, markdown(turn.text, { cite })),
    facts(turn),
    turn.state === "stopped" && stopped(retry),
    turn.done && verdict(turn),
    turn.done && rating(turn.done.answer_id),
    turn.done && remarks(turn.done),
    passages(turn),
  );
  return [answer, margin(turn, id)];
}

function progress({ state, hits }) {
  if (state === "searching" && !hits.length) return el("p", { class: "progress" }, "Searching the docs");
  if (state === "searching") return el("p", { class: "progress" }, `Reading ${count(hits.length, "passage")}`);
  return state === "answering" && el("p", { class: "progress quiet" }, "Answering");
}

function margin({ citations }, id) {
  if (!citations.length) return null;
  return el("aside", { class: "sources", "aria-labelledby": `${id}-sources` }, el("h3", { id: `${id}-sources`, class: "label" }, "Sources"), sourceList(citations, { id }));
}

// The entities of an exact answer, but for those that the text links already.
function facts({ done, text }) {
  const refs = (done?.facts ?? []).filter((fact) => entityHref(String(fact)) && !text.includes(fact));
  if (!refs.length) return null;
  return el("ul", { class: "facts", "aria-label": "Entities in this answer" }, refs.map((ref) => el("li", {}, el("a", { class: "chip", href: entityHref(ref) }, shortRef(ref)))));
}

function verdict(turn) {
  const { level, words } = confidence(turn.done.confidence ?? 0);
  return el("div", { class: "verdict" }, el("span", { class: `confidence ${level}` }, words), el("span", { class: "muted" }, writtenBy(turn.done.produced_by)), copyButton(() => plain(turn), { name: "Copy the answer" }));
}

// What went differently than configured, and passages that tried to instruct their reader.
function remarks({ note, flags = [] }) {
  if (!note && !flags.length) return null;
  return el(
    "div",
    { class: "callout warning" },
    note && el("p", {}, note),
    flags.map((flag) => el("p", {}, "Ignored an instruction inside a passage: ", el("a", { href: sectionHref(flag) }, trail(flag)), ".")),
  );
}

function writtenBy(name = "") {
  if (name.startsWith("model:")) return `Written by ${name.slice("model:".length)}`;
  if (name === "registry") return "Looked up in catalog and model registry";
  if (name === "history") return "Looked up in the history of the sources";
  return name === "catalog" ? "Looked up in the catalog" : "Quoted from the docs";
}

// The answer with its sources, for pasting into a ticket or a chat.
function plain({ text, citations }) {
  const sources = citations.map((one) => `[${one.number}] ${trail(one)} @ ${one.revision}`);
  return [text, ...(sources.length ? ["", ...sources] : [])].join("\n");
}

function passages({ hits, state }) {
  if (!hits.length || state === "searching") return null;
  return el("details", { class: "passages" }, el("summary", {}, `${count(hits.length, "passage")} read`), el("ol", { class: "passage-list" }, hits.map(passage)));
}

/** A retrieved passage as a list item. */
export function passage(hit) {
  return el(
    "li",
    {},
    el("a", { href: sectionHref(hit) }, hit.heading || hit.title || shortRef(hit.entity)),
    el("p", { class: "source-trail" }, trail(hit)),
    clipped(el("div", { class: "passage-text" }, markdown(hit.text, { still: true }))),
  );
}

function abstained(turn, id) {
  const nearest = turn.done.nearest;
  const lead = nearest.length ? turn.text.split("\n\n")[0] : turn.text; // the rest of the text lists the same pages
  const owners = [...new Set(nearest.map((hit) => hit.owner).filter((owner) => entityHref(owner)))].slice(0, 3);
  return el(
    "div",
    { class: "abstained", "aria-labelledby": `${id}-none`, role: "group" },
    el("p", { class: "abstained-title", id: `${id}-none` }, SILENT),
    lead !== `${SILENT}.` && el("div", { class: "prose" }, markdown(lead)),
    nearest.length > 0 && [el("h3", { class: "label" }, "Nearest pages"), el("ul", { class: "nearest" }, nearest.map(nearby))],
    rating(turn.done.answer_id),
    owners.length > 0 && el("p", {}, "Their owners may know: ", owners.map((owner, at) => [at ? ", " : "", el("a", { href: entityHref(owner) }, shortRef(owner))]), "."),
  );
}

const nearby = (hit) =>
  el("li", {}, el("a", { href: sectionHref(hit) }, hit.heading || hit.title || shortRef(hit.entity)), el("span", { class: "source-trail" }, trail(hit)), hit.modified && el("span", { class: "muted" }, `changed ${age(hit.modified)}`));

const stopped = (retry) => el("div", { class: "callout" }, el("p", {}, "Stopped before the answer was complete."), el("button", { type: "button", class: "button small", onclick: retry }, "Ask again"));

const failed = ({ error }, retry) => el("div", { class: "callout error", role: "alert" }, el("p", { class: "callout-title" }, "No answer this time"), el("p", {}, error), el("button", { type: "button", class: "button small", onclick: retry }, "Try again"));
