// Something with an effect, asked for on this page: plan it, show the plan, ask, apply. Nothing happens before
// the reader has said so, and what happens is what was shown: applying sends the plan's digest and nothing else.

import { applyPlan, callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { hash } from "./facts.js";
import { planCard } from "./plancard.js";
import { failed } from "./states.js";

/**
 * Plans the action and opens a box that asks. Resolves to the outcome once it was applied, to null when the reader
 * declined. `verb` is what the button says, for example "End the job".
 */
export async function confirmEffect(action, input, { title, verb, decline = "Cancel", signal }) {
  const body = el("div", { class: "effect-body", "aria-busy": "true" }, el("p", { class: "progress" }, "Planning"));
  const dialog = el("dialog", { class: "sheet", "aria-labelledby": "effect-title" }, el("h2", { id: "effect-title" }, title), body);
  document.body.append(dialog);
  dialog.showModal();
  const closed = new Promise((resolve) => dialog.addEventListener("close", resolve));
  signal?.addEventListener("abort", () => dialog.close());
  const state = { outcome: null };
  callAction(action, input)
    .then((planned) => ask(body, planned, { dialog, verb, decline, state }))
    .catch((error) => refuse(body, dialog, error));
  await closed;
  dialog.remove();
  return state.outcome;
}

function ask(body, { plan, digest }, { dialog, verb, decline, state }) {
  const problem = el("div", {});
  const doing = el("button", { type: "button", class: "button primary" }, verb);
  const leave = el("button", { type: "button", class: "button", onclick: () => dialog.close() }, decline);
  doing.addEventListener("click", async () => {
    doing.disabled = true;
    problem.replaceChildren(el("p", { class: "progress" }, "Applying"));
    try {
      state.outcome = await applyPlan(digest);
      settle(problem, state.outcome, digest, dialog, [doing, leave]);
    } catch (error) {
      doing.disabled = false;
      problem.replaceChildren(failed("It was not done", error));
    }
  });
  body.setAttribute("aria-busy", "false");
  body.replaceChildren(planCard(plan, { brief: true }), el("p", { class: "muted" }, "Plan ", el("a", { href: `/plans/${digest}` }, hash(digest, { short: true }))), problem, el("div", { class: "effect-buttons" }, leave, doing));
  leave.focus();
}

function settle(problem, { status, reason }, digest, dialog, buttons) {
  if (status === "done" || status === "running") {
    announce("Done");
    dialog.close();
    return;
  }
  buttons.forEach((button) => button.remove());
  const waits = status === "waiting";
  problem.replaceChildren(
    el("div", { class: "callout warning", role: "alert" }, el("p", { class: "callout-title" }, waits ? "It waits for an approval" : `It was not done: ${status}`), reason && el("p", {}, reason), el("a", { class: "button small", href: `/plans/${digest}` }, "See the plan")),
  );
}

function refuse(body, dialog, error) {
  body.setAttribute("aria-busy", "false");
  body.replaceChildren(failed("It cannot be planned", error), el("div", { class: "effect-buttons" }, el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Close")));
}
