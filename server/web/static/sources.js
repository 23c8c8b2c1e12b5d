// Citations: the chip in the text, its preview, and the list of sources beside the answer.

import { clipped } from "./clipped.js";
import { el } from "./dom.js";
import { age, count, entityHref, registered, sectionHref, shortRef, shortRevision } from "./format.js";
import { markdown } from "./markdown.js";

/** `entity > page > heading`, as text. */
export function trail({ entity, path, heading }) {
  const model = registered(path);
  if (model) return [shortRef(entity), "model registry", `${model.name}:${model.version}`].join(" › ");
  return [shortRef(entity), path ?? "catalog", path && heading].filter(Boolean).join(" › ");
}

function provenance(citation) {
  const owner = citation.owner && entityHref(citation.owner);
  return el(
    "p",
    { class: "provenance" },
    citation.revision && el("code", { title: citation.revision }, shortRevision(citation.revision)),
    citation.modified && el("span", {}, `changed ${age(citation.modified)}`),
    owner && el("a", { href: owner }, shortRef(citation.owner)),
  );
}

const SHOWN = 6; // sources that stand open beside an answer; the marks in the text open each of the others too

/** The sources; each opens its page at the heading. Of many the later ones are folded, so that the page stays short. */
export function sourceList(citations, { id }) {
  const list = (some) => el("ol", { class: "sources-list" }, some.map((citation) => source(citation, id)));
  const first = citations.length > SHOWN + 1 ? SHOWN : citations.length;
  const rest = citations.slice(first);
  return [list(citations.slice(0, first)), rest.length > 0 && el("details", { class: "fold more-sources" }, el("summary", {}, count(rest.length, "more source")), list(rest))];
}

function source(citation, id) {
  return el(
    "li",
    { class: "source", id: `${id}-source-${citation.number}` },
    el("span", { class: "source-number", "aria-hidden": "true" }, citation.number),
    el(
      "div",
      {},
      el("a", { class: "source-title", href: sectionHref(citation) }, citation.heading || citation.path || shortRef(citation.entity)),
      el("p", { class: "source-trail" }, trail(citation)),
      clipped(el("blockquote", { class: "source-quote" }, markdown(citation.quote, { still: true }))),
      provenance(citation),
    ),
  );
}

function opens(path) {
  if (registered(path)) return "Open the model";
  return path ? "Open the page at this heading" : "Open the entity";
}

let preview; // the one open preview, with its chip

function close() {
  if (!preview) return;
  preview.chip.setAttribute("aria-expanded", "false");
  preview.card.remove();
  preview.marked?.classList.remove("current");
  preview = null;
}

function place(card, chip) {
  if (matchMedia("(max-width: 40rem)").matches) return; // a sheet at the bottom of the screen
  const anchor = chip.getBoundingClientRect();
  const width = card.offsetWidth;
  const left = Math.min(Math.max(12, anchor.left - 24), document.documentElement.clientWidth - width - 12);
  const below = anchor.bottom + 8 + card.offsetHeight < window.innerHeight;
  card.style.left = `${left + window.scrollX}px`;
  card.style.top = `${(below ? anchor.bottom + 8 : anchor.top - card.offsetHeight - 8) + window.scrollY}px`;
}

function open(chip, citation, id) {
  close();
  const title = `Source ${citation.number}`;
  const card = el(
    "div",
    { class: "preview", role: "dialog", "aria-label": title },
    el("p", { class: "source-trail" }, trail(citation)),
    el("blockquote", { class: "source-quote" }, markdown(citation.quote, { still: true })),
    provenance(citation),
    el("a", { class: "preview-open", href: sectionHref(citation) }, opens(citation.path)),
  );
  card.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !card.contains(event.relatedTarget) && event.relatedTarget !== chip) close();
  });
  chip.after(card); // next in the tab order
  chip.setAttribute("aria-expanded", "true");
  const marked = document.getElementById(`${id}-source-${citation.number}`);
  marked?.classList.add("current");
  preview = { chip, card, marked };
  place(card, chip);
}

/** The mark `[number]` in the text: a button that shows what the source says. */
export function chip(citation, { id }) {
  const button = el(
    "button",
    { type: "button", class: "cite", "aria-expanded": "false", "aria-label": `Source ${citation.number}: ${trail(citation)}` },
    String(citation.number),
  );
  button.addEventListener("click", () => (preview?.chip === button ? close() : open(button, citation, id)));
  return button;
}

document.addEventListener("click", (event) => {
  if (preview && !event.target.closest(".preview, .cite")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !preview) return;
  const { chip: opener } = preview;
  close();
  opener.focus();
});
window.addEventListener("resize", close);
