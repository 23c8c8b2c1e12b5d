// The footer: which generation of the index answers, what it holds, how old it is.

import { getJson } from "./api.js";
import { el } from "./dom.js";
import { age, count } from "./format.js";

/** Fills the footer, and the notice above the page when something is missing. */
export async function showStatus(footer, notice) {
  try {
    const state = await getJson("/api/v1/status");
    footer.replaceChildren(...entries(state));
    warn(notice, problem(state));
  } catch (error) {
    footer.replaceChildren(el("span", {}, "The state of the index is unknown."));
    warn(notice, error.message);
  }
}

function entries({ index, model, version, asked_again: again }) {
  const counts = index?.counts ?? {};
  return [
    el("span", { title: index?.generation }, "Index ", el("code", {}, index?.generation?.split("-").at(-1) ?? "none")),
    counts.entities !== undefined && el("span", {}, count(counts.entities, "entity", "entities")),
    counts.pages !== undefined && el("span", {}, count(counts.pages, "page")),
    counts.sections !== undefined && el("span", {}, count(counts.sections, "section")),
    index?.built_at && el("span", {}, el("time", { datetime: index.built_at, title: index.built_at }, `built ${age(index.built_at)}`)),
    again?.answered_now > 0 && el("span", {}, el("a", { href: "/docs-health" }, `${count(again.answered_now, "gap")} mended`)),
    index?.skipped?.length > 0 && el("span", {}, `${index.skipped.length} skipped`),
    el("span", {}, model ? `Model ${model}` : "No language model"),
    version && el("span", { class: "push" }, `Cuebook ${version}`),
    el("a", { href: "/api/docs" }, "API"),
  ].filter(Boolean);
}

function problem({ index, degraded }) {
  const missing = [...degraded, index?.degraded].filter(Boolean);
  if (missing.length) return missing.join(" ");
  return index ? null : "There is no index yet: run `cuebook ingest PATH`, then reload this page.";
}

function warn(notice, text) {
  notice.hidden = !text;
  notice.textContent = text ?? "";
}
