// The page of one entity: what it is, what it is connected to, where it is described.

import { callAction, getJson } from "./api.js";
import { copyButton } from "./copy.js";
import { diagram } from "./diagram.js";
import { announce, el } from "./dom.js";
import { count, entityHref, parseRef, relationWords, shortRef } from "./format.js";
import { markdown } from "./markdown.js";

/** The view's door; see app.js. */
export function show(main, url, { signal }) {
  const [kind, namespace, name] = url.pathname.split("/").filter(Boolean).slice(1).map(decodeURIComponent);
  const page = el("div", { class: "entity", "aria-busy": "true" }, el("div", { class: "skeleton", "aria-hidden": "true" }), el("p", { class: "visually-hidden" }, "Loading"));
  main.append(page);
  load(page, { kind, namespace, name }, signal);
  return name;
}

async function load(page, { kind, namespace, name }, signal) {
  const path = [kind, namespace, name].map(encodeURIComponent).join("/");
  try {
    const { card, relations, pages } = await getJson(`/api/v1/entities/${path}`, { signal });
    page.replaceChildren(breadcrumb(card), head(card), columns(card, relations, pages));
    document.title = `${card.title} · Cuebook`;
    drawDiagram(page, card, relations, signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    page.replaceChildren(error.status === 404 ? missing(`${kind}:${namespace}/${name}`) : failed(error));
  } finally {
    page.setAttribute("aria-busy", "false");
  }
}

function breadcrumb({ kind, title }) {
  const trail = [el("a", { href: "/catalog" }, "Catalog"), el("a", { href: `/catalog?kind=${encodeURIComponent(kind.toLowerCase())}` }, kind), el("span", { "aria-current": "page" }, title)];
  return el("nav", { "aria-label": "Breadcrumb" }, el("ol", { class: "breadcrumb" }, trail.map((step) => el("li", {}, step))));
}

function head({ entity, title, description }) {
  return el(
    "div",
    { class: "entity-head" },
    el("h1", {}, title),
    el("p", { class: "ref" }, el("code", {}, entity), copyButton(() => entity, { name: "Copy the reference" })),
    description && el("div", { class: "lead" }, markdown(description)),
  );
}

function columns(card, relations, pages) {
  return el(
    "div",
    { class: "entity-columns" },
    el("div", { class: "entity-main" }, docs(pages), relations.length > 0 && around(), relationList(card, relations)),
    el("aside", { class: "entity-side", "aria-label": "Facts" }, facts(card), links(card), questions(card)),
  );
}

function facts(card) {
  const rows = [
    ["Kind", card.kind],
    ["Type", card.type],
    ["Lifecycle", card.lifecycle],
    ["Owner", card.owner && chip(card.owner)],
    ["System", card.system && chip(card.system)],
    ["Tags", card.tags.length > 0 && el("ul", { class: "tags" }, card.tags.map((tag) => el("li", {}, tag)))],
  ];
  return el("dl", { class: "meta" }, rows.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function links({ links: given }) {
  const safe = given.filter(({ url }) => /^(https?:\/\/|mailto:)/i.test(url));
  if (!safe.length) return null;
  const items = safe.map(({ url, title }) => el("li", {}, el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title)));
  return el("section", {}, el("h2", { class: "label" }, "Links"), el("ul", { class: "plain" }, items));
}

function questions({ entity, title }) {
  const { kind, name } = parseRef(entity);
  const ask = (text) => el("li", {}, el("a", { href: `/?${new URLSearchParams({ q: text })}` }, text));
  const suggested = kind === "group" || kind === "user" ? [`What does ${name} own?`] : [`Who owns ${name}?`, `What depends on ${name}?`];
  const own = el("a", { class: "button small", href: `/?${new URLSearchParams({ draft: `About ${title}: ` })}` }, "Ask something else");
  return el("section", { class: "ask-about" }, el("h2", { class: "label" }, "Ask about this"), el("ul", { class: "plain" }, suggested.map(ask), el("li", {}, own)));
}

function docs(pages) {
  const list = pages.map(({ title, path, link }) => el("li", {}, el("a", { href: link }, title || path), el("code", { class: "muted" }, path)));
  const body = pages.length ? el("ul", { class: "doc-list" }, list) : el("p", { class: "muted" }, "No docs are attached to this entity.");
  return el("section", { "aria-labelledby": "docs" }, el("h2", { id: "docs" }, "Docs"), body);
}

function relationList(card, relations) {
  const rows = relations.map((group) => el("div", { class: "relation" }, el("dt", {}, relationWords(group.type)), members(card, group)));
  const body = rows.length ? el("dl", { class: "relations" }, rows) : el("p", { class: "muted" }, "Nothing in the catalog refers to it, and it refers to nothing.");
  return el("section", { "aria-labelledby": "relations" }, el("h2", { id: "relations" }, "Relations"), body);
}

function members(card, { type, targets, total, missing: dangling }) {
  const list = el("dd", {}, targets.map((target) => chip(target, { dangling: dangling.includes(target) })));
  const rest = total - targets.length;
  if (rest > 0) {
    const all = el("button", { type: "button", class: "button small" }, `Show ${rest} more`);
    all.addEventListener("click", () => showAll(list, all, { entity: card.entity, types: [type] }));
    list.append(all);
  }
  return list;
}

async function showAll(list, button, input) {
  button.disabled = true;
  try {
    const { relations } = await callAction("entity_relations", { ...input, limit: 500 });
    list.replaceChildren(...relations.map(({ target, dangling }) => chip(target, { dangling })));
    announce(count(relations.length, "relation"));
  } catch (error) {
    button.disabled = false;
    button.textContent = error.message;
  }
}

function chip(ref, { dangling = false } = {}) {
  if (dangling) return el("span", { class: "chip dangling", title: `${ref} is not in the catalog` }, shortRef(ref), el("span", { class: "flag" }, "missing"));
  return el("a", { class: "chip", href: entityHref(ref) }, el("span", { class: "chip-kind" }, parseRef(ref)?.kind), shortRef(ref));
}

const around = () => el("section", { "aria-labelledby": "around" }, el("h2", { id: "around" }, "Around it"), el("div", { class: "diagram" }));

// The diagram is laid out for the width it gets, and again when that changes.
function drawDiagram(page, card, relations, signal) {
  const box = page.querySelector(".diagram");
  if (!box) return;
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (!box.clientWidth || box.clientWidth === width) return; // 0 once the view is gone
    width = box.clientWidth;
    box.replaceChildren(diagram(card.title, relations, { width }));
  });
  observer.observe(box);
  signal.addEventListener("abort", () => observer.disconnect());
}

function missing(ref) {
  return el(
    "div",
    { class: "empty" },
    el("h1", { class: "empty-title" }, "Not in the catalog"),
    el("p", {}, el("code", {}, ref), " does not exist, or is not visible to you."),
    el("p", {}, el("a", { href: "/catalog" }, "Browse the catalog")),
  );
}

function failed(error) {
  return el(
    "div",
    { class: "callout error", role: "alert" },
    el("p", { class: "callout-title" }, "The entity could not be read"),
    el("p", {}, error.message),
    el("button", { type: "button", class: "button small", onclick: () => location.reload() }, "Try again"),
  );
}
