// What a registered pipeline would recommend: the slate with who proposed each item, what the rules changed, and why one
// item is there or not.
// Nothing is served. The page's address carries what was asked, so a preview can be shared.

import { callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { count } from "./format.js";
import { failed } from "./states.js";

const FIELDS = ["user", "history", "surface", "k", "market", "explicit"];

/** The section for the version `ref`; asks at once when the address says for whom. */
export function preview(ref, { signal }) {
  const given = new URL(location.href).searchParams;
  const out = el("div", { class: "preview-results", "aria-live": "off" });
  const form = previewForm(given);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(form);
    run(ref, form, out, signal);
  });
  if (given.get("user") || given.get("history")) run(ref, form, out, signal);
  return el("section", { "aria-labelledby": "preview" }, el("h2", { id: "preview" }, "Preview"), el("p", { class: "protocol" }, "What it would recommend, and why. Nothing is served or stored."), form, out);
}

function previewForm(given) {
  const text = (name, attributes) => Object.assign(el("input", { type: "text", id: `preview-${name}`, name, autocomplete: "off", spellcheck: "false", ...attributes }), { value: given.get(name) ?? attributes.value ?? "" });
  const explicit = el("input", { type: "checkbox", id: "preview-explicit", name: "explicit", checked: given.get("explicit") !== "no" });
  return el(
    "form",
    { class: "preview-form", "aria-label": "For whom" },
    field("user", "User", text("user", { placeholder: "User id" })),
    field("history", "or a history", text("history", { placeholder: "Item ids, oldest first, with spaces" })),
    field("surface", "Surface", text("surface", { placeholder: "Its own rules", title: "Such as home or podcasts", maxlength: "64" })),
    field("k", "Places", text("k", { type: "number", min: "1", max: "50", placeholder: "10" })),
    field("market", "Market", text("market", { placeholder: "Any", pattern: "[A-Za-z]{2}", title: "Two letters, such as SE", maxlength: "2" })),
    el("label", { class: "check", for: "preview-explicit" }, explicit, " Explicit items"),
    el("button", { class: "button primary" }, "Preview"),
  );
}

const field = (name, label, control) => el("div", { class: `field ${name}` }, el("label", { for: `preview-${name}` }, label), control);

function keep(form) {
  const query = new URLSearchParams();
  for (const name of FIELDS) {
    const { value, checked } = form.elements[name];
    if (name === "explicit" ? !checked : value.trim()) query.set(name, name === "explicit" ? "no" : value.trim());
  }
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

function inputOf(ref, { elements }) {
  const history = elements.history.value.split(/[\s,]+/).filter(Boolean);
  return { model: ref, user: elements.user.value.trim(), history, surface: elements.surface.value.trim(), k: Number(elements.k.value), market: elements.market.value.trim().toUpperCase(), explicit_allowed: elements.explicit.checked };
}

async function run(ref, form, out, signal) {
  const input = inputOf(ref, form);
  if (Boolean(input.user) === Boolean(input.history.length)) {
    out.replaceChildren(el("p", { class: "callout", role: "alert" }, "Give a user, or a history that stands for one: one of the two."));
    return;
  }
  out.replaceChildren(el("p", { class: "progress" }, "Recommending"));
  try {
    const found = await callAction("preview_recommendations", input, { signal });
    announce(count(found.items.length, "recommendation"));
    out.replaceChildren(...results(found).filter(Boolean), ...(found.surface ? [why(input, found, signal)] : []));
  } catch (error) {
    if (error.name !== "AbortError") out.replaceChildren(failed("There is no preview", error));
  }
}

function results({ items, surface, owner, history: past, cold, candidates, rules, changes, changes_total: total }) {
  return [
    el("p", { class: "protocol" }, `${count(past, "item")} of history, ${count(candidates, "candidate")}, ${count(items.length, "place")} filled.`, surface && ` Surface ${surface}, of ${owner}.`, cold && ` No history, so the order of ${cold} stands.`),
    items.length > 0 && slate(items),
    rules.length > 0 && el("h3", {}, "What the rules changed"),
    rules.length > 0 && el("ul", { class: "rule-list" }, rules.map(({ rule, removed, moved }) => el("li", {}, el("code", {}, rule), " ", effect(removed, moved)))),
    changes.length > 0 && el("details", { class: "fold" }, el("summary", {}, total > changes.length ? `The ${changes.length} best-placed of ${count(total, "change")}` : count(total, "change")), trace(changes)),
  ];
}

function effect(removed, moved) {
  const parts = [removed > 0 && `removed ${removed}`, moved > 0 && `brought ${moved} forward`].filter(Boolean);
  return parts.length ? parts.join(", ") : el("span", { class: "muted" }, "changed nothing");
}

function slate(items) {
  const row = ({ rank, item, title, vertical, creator, score, proposed_by: sources }) =>
    el(
      "tr",
      {},
      el("td", { class: "number" }, String(rank)),
      el("th", { scope: "row" }, el("span", { class: "item-title" }, title || item), el("span", { class: "item-about" }, [vertical, creator, title && item].filter(Boolean).join(", "))),
      el("td", {}, el("ul", { class: "proposals" }, sources.map(({ source, rank: place }) => el("li", {}, source, " ", el("span", { class: "muted" }, `#${place}`))))),
      el("td", { class: "number" }, score.toFixed(3)),
    );
  return el("table", { class: "rows slate" }, el("caption", { class: "visually-hidden" }, "Recommended items"), el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "number" }, "#"), el("th", { scope: "col" }, "Item"), el("th", { scope: "col" }, "Proposed by, at place"), el("th", { scope: "col", class: "number" }, "Score"))), el("tbody", {}, items.map(row)));
}

function trace(changes) {
  const row = ({ rule, item, title, action, before, after, reason }) => el("tr", {}, el("td", {}, el("code", {}, rule)), el("th", { scope: "row" }, title || item), el("td", {}, after === null ? `${action} from #${before}` : `#${before} → #${after}`), el("td", {}, reason));
  return el("table", { class: "rows" }, el("thead", {}, el("tr", {}, ["Rule", "Item", "Change", "Why"].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, changes.map(row)));
}

/** Asks why an item is on the surface, or why not: for any item, since one that is missing has no row. */
function why({ model, user, history: past, market, explicit_allowed }, { surface, items }, signal) {
  const out = el("div", { "aria-live": "polite" });
  const item = el("input", { type: "text", id: "preview-item", name: "item", autocomplete: "off", spellcheck: "false", required: true, placeholder: "Item id or title" });
  item.value = items[0]?.item ?? "";
  const form = el("form", { class: "preview-form", "aria-label": "Why an item is there, or not" }, field("item", "Item", item), el("button", { class: "button" }, "Explain"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    out.replaceChildren(el("p", { class: "progress" }, "Explaining"));
    try {
      const { text } = await callAction("explain_recommendation", { item: item.value.trim(), model, user, history: past, surface, market, explicit_allowed }, { signal });
      out.replaceChildren(el("ul", { class: "rule-list" }, text.split("\n").map((line) => el("li", {}, line))));
    } catch (error) {
      if (error.name !== "AbortError") out.replaceChildren(failed("There is no explanation", error));
    }
  });
  return el("section", { "aria-labelledby": "why" }, el("h3", { id: "why" }, "Why an item is there, or not"), form, out);
}
