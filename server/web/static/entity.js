// The page of one entity: what it is, what it is connected to, where it is described.

import { getJson } from "./api.js";
import { copyButton } from "./copy.js";
import { diagram } from "./diagram.js";
import { el } from "./dom.js";
import { entityHref, parseRef, relationWords, sectionHref, shortRef } from "./format.js";
import { markdown } from "./markdown.js";

const FIRST = 20; // relations of one type that are shown at once

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
    const entity = await getJson(`/api/v1/entities/${path}`, { signal });
    const groups = Map.groupBy(entity.relations, ({ type }) => type);
    page.replaceChildren(breadcrumb(entity), head(entity), columns(entity, groups));
    document.title = `${entity.title} · Cuebook`;
    drawDiagram(page, entity, groups, signal);
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

function head({ ref, title, description }) {
  return el(
    "div",
    { class: "entity-head" },
    el("h1", {}, title),
    el("p", { class: "ref" }, el("code", {}, ref), copyButton(() => ref, { name: "Copy the reference" })),
    description && el("div", { class: "lead" }, markdown(description)),
  );
}

function columns(entity, groups) {
  return el(
    "div",
    { class: "entity-columns" },
    el("div", { class: "entity-main" }, docs(entity), groups.size > 0 && around(), relationList(groups)),
    el("aside", { class: "entity-side", "aria-label": "Facts" }, facts(entity), links(entity), questions(entity)),
  );
}

function facts(entity) {
  const rows = [
    ["Kind", entity.kind],
    ["Type", entity.type],
    ["Lifecycle", entity.lifecycle],
    ["Owner", entity.owner && chip(entity.owner)],
    ["System", entity.system && chip(entity.system)],
    ["Docs", entity.docs.length === 0 && "None attached"],
    ["Tags", entity.tags.length > 0 && el("ul", { class: "tags" }, entity.tags.map((tag) => el("li", {}, tag)))],
  ];
  return el("dl", { class: "meta" }, rows.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function links({ links: given }) {
  const safe = given.filter(({ url }) => /^(https?:\/\/|mailto:)/i.test(url ?? ""));
  if (!safe.length) return null;
  const items = safe.map(({ url, title }) => el("li", {}, el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title || url)));
  return el("section", {}, el("h2", { class: "label" }, "Links"), el("ul", { class: "plain" }, items));
}

const SUGGESTED = {
  group: [(it) => `What does ${it} own?`],
  user: [(it) => `Which groups is ${it} a member of?`],
  system: [(it) => `Who owns ${it}?`, (it) => `What is part of ${it}?`],
  domain: [(it) => `Who owns ${it}?`, (it) => `What is part of ${it}?`],
};

function questions({ ref, title }) {
  const { kind, name } = parseRef(ref);
  const ask = (text) => el("li", {}, el("a", { href: `/?${new URLSearchParams({ q: text })}` }, text));
  const suggested = (SUGGESTED[kind] ?? [(it) => `Who owns ${it}?`, (it) => `What depends on ${it}?`]).map((write) => write(name));
  const own = el("a", { class: "button small", href: `/?${new URLSearchParams({ draft: `About ${title}: ` })}` }, "Ask something else");
  return el("section", { class: "ask-about" }, el("h2", { class: "label" }, "Ask about this"), el("ul", { class: "plain" }, suggested.map(ask), el("li", {}, own)));
}

function docs({ ref, docs: pages }) {
  if (!pages.length) return null;
  const list = pages.map(({ title, path }) => el("li", {}, el("a", { href: sectionHref({ entity: ref, path }) }, title || path), el("code", { class: "muted" }, path)));
  return el("section", { "aria-labelledby": "docs" }, el("h2", { id: "docs" }, "Docs"), el("ul", { class: "doc-list" }, list));
}

function relationList(groups) {
  const rows = [...groups].map(([type, relations]) => el("div", { class: "relation" }, el("dt", {}, relationWords(type)), members(relations)));
  const body = rows.length ? el("dl", { class: "relations" }, rows) : el("p", { class: "muted" }, "Nothing in the catalog refers to it, and it refers to nothing.");
  return el("section", { "aria-labelledby": "relations" }, el("h2", { id: "relations" }, "Relations"), body);
}

function members(relations) {
  const chips = relations.map((relation) => chip(relation.target, relation));
  const list = el("dd", {}, chips.slice(0, FIRST));
  const rest = chips.slice(FIRST);
  if (rest.length) {
    const all = el("button", { type: "button", class: "button small" }, `Show ${rest.length} more`);
    all.addEventListener("click", () => {
      all.replaceWith(...rest);
      rest[0].focus();
    });
    list.append(all);
  }
  return list;
}

function chip(ref, { dangling = false } = {}) {
  if (dangling) return el("span", { class: "chip dangling", title: `${ref} is not in the catalog` }, shortRef(ref), el("span", { class: "flag" }, "missing"));
  return el("a", { class: "chip", href: entityHref(ref) }, el("span", { class: "chip-kind" }, parseRef(ref)?.kind), shortRef(ref));
}

const around = () => el("section", { "aria-labelledby": "around" }, el("h2", { id: "around" }, "Around it"), el("div", { class: "diagram" }));

// The diagram is laid out for the width it gets, and again when that changes.
function drawDiagram(page, entity, groups, signal) {
  const box = page.querySelector(".diagram");
  if (!box) return;
  const members = new Map([...groups].map(([type, relations]) => [type, relations.map(neighbour)]));
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (!box.clientWidth || box.clientWidth === width) return; // 0 once the view is gone
    width = box.clientWidth;
    box.replaceChildren(diagram(entity.title, members, { width, label: `Entities next to ${entity.title}` }));
  });
  observer.observe(box);
  signal.addEventListener("abort", () => observer.disconnect());
}

const neighbour = ({ target, dangling }) => ({ text: shortRef(target), hint: dangling ? `${target} is not in the catalog` : target, href: dangling ? null : entityHref(target), dangling });

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
