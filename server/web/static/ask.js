// The ask view: a question box, and below each other the questions of this conversation with their answers.
//
// The address carries the questions, `/?q=first&q=second`, so a conversation can be shared and asked again;
// answers already given are kept in the history entry, so that Back from a cited page shows them at once.
// `/?draft=text` fills the box without asking.

import { el } from "./dom.js";
import { examples } from "./examples.js";
import { newTurn, runTurn, turnView } from "./turn.js";

/** The view's door; see app.js. */
export function show(main, url, { signal, go }) {
  const thread = el("div", { class: "thread" });
  const heading = el("h1", {}, "Ask about the stack");
  const intro = introduction(signal);
  const form = questionForm();
  main.append(el("div", { class: "ask" }, heading, intro, thread, form.element));
  const conversation = { turns: [], thread, form, intro, heading, signal, running: null };
  form.onask = (question) => askNext(conversation, question);
  form.onstop = () => conversation.running?.abort();
  form.onclear = () => go("/");
  signal.addEventListener("abort", () => conversation.running?.abort());
  document.addEventListener("keydown", (event) => event.key === "Escape" && conversation.running?.abort(), { signal });
  restore(conversation, url);
  return url.searchParams.get("q") ?? "";
}

function introduction(signal) {
  const list = el("ul", { class: "examples" });
  const entry = (question) => el("li", {}, el("a", { href: `/?${new URLSearchParams({ q: question })}` }, question));
  examples({ signal }).then((questions) => list.replaceChildren(...questions.map(entry)));
  return el(
    "div",
    { class: "intro" },
    el("p", { class: "lead" }, "Answers come from the catalog and its docs, with the source beside each statement. When the docs do not say, Cuebook says that."),
    el("section", { class: "try", "aria-labelledby": "try" }, el("h2", { id: "try" }, "Three things to try"), list),
  );
}

function questionForm() {
  const field = el("textarea", {
    id: "question",
    name: "q",
    rows: "1",
    maxlength: "2000",
    autocomplete: "off",
    enterkeyhint: "send",
    "data-slash": true,
    "aria-describedby": "question-hint",
  });
  const label = el("label", { for: "question", class: "visually-hidden" }, "Your question");
  const send = el("button", { type: "submit", class: "button primary" }, "Ask");
  const stop = el("button", { type: "button", class: "button", hidden: true }, "Stop");
  const clear = el("button", { type: "button", class: "button quiet", hidden: true }, "New question");
  const hint = el("p", { id: "question-hint", class: "hint" });
  const element = el("form", { class: "question-form", role: "search" }, label, el("div", { class: "question-box" }, field, el("div", { class: "question-buttons" }, stop, send)), el("div", { class: "question-foot" }, hint, clear));
  const form = { element, field, onask: () => {}, onstop: () => {}, onclear: () => {} };

  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
  form.set = (text) => {
    field.value = text;
    grow();
  };
  form.state = ({ running, follow }) => {
    stop.hidden = !running;
    send.hidden = running;
    clear.hidden = !follow;
    field.placeholder = follow ? "Ask a follow-up" : "What do you want to know?";
    hint.replaceChildren(...hintText(running));
  };
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    element.requestSubmit();
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = field.value.trim();
    if (question && !send.hidden) form.onask(question);
    else field.focus();
  });
  stop.addEventListener("click", () => form.onstop());
  clear.addEventListener("click", () => form.onclear());
  form.state({ running: false, follow: false });
  return form;
}

const key = (name) => el("kbd", {}, name);
const hintText = (running) => (running ? [key("Esc"), " stops"] : [key("Enter"), " asks, ", key("Shift Enter"), " starts a new line, ", key("/"), " comes back here"]);

// Shows what this history entry holds, else asks what the address says.
async function restore(conversation, url) {
  const questions = url.searchParams.getAll("q").filter((text) => text.trim());
  const draft = url.searchParams.get("draft");
  if (draft) conversation.form.set(draft);
  if (!questions.length) {
    if (matchMedia("(hover: hover)").matches) conversation.form.field.focus({ preventScroll: true });
    return;
  }
  const kept = history.state?.turns;
  if (kept?.length) {
    for (const turn of kept) add(conversation, turn);
    conversation.form.state({ running: false, follow: true });
    return;
  }
  for (const question of questions) {
    if (conversation.signal.aborted) return;
    await run(conversation, newTurn(question));
  }
}

async function askNext(conversation, question) {
  const questions = [...conversation.turns.map((turn) => turn.question), question];
  const address = `/?${new URLSearchParams(questions.map((text) => ["q", text]))}`;
  if (conversation.turns.length) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  conversation.form.set("");
  await run(conversation, newTurn(question));
}

function add(conversation, turn) {
  conversation.turns.push(turn);
  conversation.intro.hidden = true;
  conversation.heading.classList.add("visually-hidden"); // the question is the heading one sees
  conversation.form.element.classList.add("follow");
  const view = turnView(turn, { number: conversation.turns.length, retry: () => again(conversation, turn, view) });
  conversation.thread.append(view.element);
  document.title = `${conversation.turns[0].question} · Cuebook`;
  return view;
}

async function run(conversation, turn) {
  const view = add(conversation, turn);
  view.element.scrollIntoView({ block: "start" });
  await answer(conversation, turn, view);
}

async function again(conversation, turn, view) {
  Object.assign(turn, newTurn(turn.question));
  await answer(conversation, turn, view);
}

async function answer(conversation, turn, view) {
  const stopper = new AbortController();
  conversation.running = stopper;
  conversation.form.state({ running: true, follow: true });
  await runTurn(turn, { context: contextBefore(conversation, turn), signal: stopper.signal, changed: view.update });
  if (conversation.signal.aborted) return;
  conversation.running = null;
  conversation.form.state({ running: false, follow: true });
  history.replaceState({ turns: conversation.turns }, "");
}

// The handle that the latest finished answer before `turn` returned.
function contextBefore(conversation, turn) {
  const before = conversation.turns.slice(0, conversation.turns.indexOf(turn));
  return before.reverse().find(({ done }) => done?.context)?.done.context ?? null;
}
