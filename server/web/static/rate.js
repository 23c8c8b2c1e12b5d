// Thumbs under an answer: rating is an effect, so it is planned and then applied.

import { applyPlan, callAction } from "./api.js";
import { announce, el } from "./dom.js";

/** Whether the answer with this id helped, and what was missing where not. */
export function rating(answer) {
  if (!answer) return null;
  const said = el("span", { class: "muted", role: "status" });
  const comment = el("input", { type: "text", maxlength: "1000", "aria-label": "What was missing?", placeholder: "What was missing?" });
  const more = el("form", { class: "rating-more", hidden: true }, comment, el("button", { type: "submit", class: "button small" }, "Send"));
  const buttons = [true, false].map((helpful) =>
    el("button", { type: "button", class: "button small", "aria-pressed": "false", onclick: () => send(helpful) }, helpful ? "It helped" : "It did not"),
  );
  more.addEventListener("submit", (event) => {
    event.preventDefault();
    send(false, comment.value);
  });
  async function send(helpful, text = "") {
    const failure = await rate({ answer, helpful, comment: text });
    said.textContent = failure || (text ? "Thank you, the owner will see it." : "Thank you.");
    announce(said.textContent);
    if (failure) return;
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String((at === 0) === helpful)));
    more.hidden = helpful || Boolean(text);
  }
  return el("div", { class: "rating", role: "group", "aria-label": "Did this help?" }, buttons, said, more);
}

/** Resolves to why it could not be kept, or to "". */
async function rate(input) {
  try {
    const { status, digest } = await callAction("rate_answer", input);
    if (status === "waiting") return "The policy here asks for an approval of ratings.";
    await applyPlan(digest);
    return "";
  } catch (error) {
    return error.message;
  }
}
