// How far a playbook has come: its steps with their state, each with its own plan.

import { el } from "./dom.js";

/** A list for the result of `run_playbook`; nothing for other results. */
export function progress(result) {
  if (!result?.playbook || !Array.isArray(result.steps)) return null;
  const line = ({ id, action, state, digest, reason }) =>
    el("li", {}, el("strong", {}, state), " ", digest ? el("a", { href: `/plans/${digest}` }, el("code", {}, id)) : el("code", {}, id), ` (${action})`, reason && `: ${reason}`);
  return el("ol", { class: "plain", "aria-label": `Steps of ${result.playbook}` }, result.steps.map(line));
}
