// The page of one entity: what it is, what it is connected to, where it is described.

import { getJson } from "./api.js";
import { copyButton } from "./copy.js";
import { diagram } from "./diagram.js";
import { el } from "./dom.js";
import { entityHref, parseRef, relationWords, sectionHref, shortRef } from "./format.js";
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
    const entity = await getJson(`/api/v1/entities/${path}`, { signal });
    page.replaceChildren(...sections(entity).filter(Boolean));
    document.title = `${entity.title} · Cuebook`;
    drawDiagram(page, entity, signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    page.replaceChildren(error.status === 404 ? missing(`${kind}:${namespace}/${name}`) : failed(error));
  } finally {
    page.setAttribute("aria-busy", "false");
  }
}

function sections(entity) {
  return [
    breadcrumb(entity),
    head(entity),
    el(
      "div",
      { class: "entity-columns" },
      el("div", { class: "entity-main" }, docs(entity), el("section", { class: "diagram-section", "aria-labelledby": "around" }, el("h2", { id: "around" }, "Around it"), el("div", { class: "diagram" })), relations(entity)),
      el("aside", { class: "entity-side", "aria-label": "Facts" }, facts(entity), links(entity), questions(entity)),
    ),
  ];
}

function breadcrumb({ kind, title }) {
  const trail = [el("a", { href: "/catalog" }, "Catalog"), el("a", { href: `/catalog?kind=${encodeURIComponent(kind.toLowerCase())}` }, kind), el("span", { "aria-current": "page" }, title)];
  return el("nav", { "aria-label": "Breadcrumb" }, el("ol", { class: "breadcrumb" }, trail.map((step) => el("li", {}, step))));
}

function head(entity) {
  return el(
    "div",
    { class: "entity-head" },
    el("h1", {}, entity.title),
    el("p", { class: "ref" }, el("code", {}, entity.ref), copyButton(() => entity.ref, { name: "Copy the reference" })),
    entity.description && el("div", { class: "lead" }, markdown(entity.description)),
  );
}

function facts(entity) {
  const rows = [
    ["Kind", entity.kind],
    ["Type", entity.type],
    ["Lifecycle", entity.lifecycle],
    ["Owner", entity.owner && chip(entity.owner)],
    ["System", entity.system && chip(entity.system)],
    ["Tags", entity.tags?.length > 0 && el("ul", { class: "tags" }, entity.tags.map((tag) => el("li", {}, tag)))],
  ];
  return el("dl", { class: "meta" }, rows.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function links({ links: given = [] }) {
  const safe = given.filter(({ url }) => /^https?:\/\//i.test(url ?? ""));
  if (!safe.length) return null;
  return el("section", {}, el("h2", { class: "label" }, "Links"), el("ul", { class: "plain" }, safe.map(({ url, title }) => el("li", {}, el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title || url)))));
}

function questions({ ref, title }) {
  const { kind, name } = parseRef(ref);
  const ask = (text) => el("li", {}, el("a", { href: `/?${new URLSearchParams({ q: text })}` }, text));
  const asked = kind === "group" || kind === "user" ? [`What does ${name} own?`] : [`Who owns ${name}?`, `What depends on ${name}?`];
  return el(
    "section",
    { class: "ask-about" },
    el("h2", { class: "label" }, "Ask about this"),
    el("ul", { class: "plain" }, asked.map(ask), el("li", {}, el("a", { class: "button small", href: `/?${new URLSearchParams({ draft: `About ${title}: ` })}` }, "Ask something else"))),
  );
}

function docs(entity) {
  const pages = entity.docs ?? [];
  const list = pages.map((page) => el("li", {}, el("a", { href: page.link ?? sectionHref({ ...page, entity: page.entity ?? entity.ref }) }, page.title || page.path), el("code", { class: "muted" }, page.path)));
  return el("section", { "aria-labelledby": "docs" }, el("h2", { id: "docs" }, "Docs"), pages.length ? el("ul", { class: "doc-list" }, list) : el("p", { class: "muted" }, "No docs are attached to this entity."));
}

function chip(ref, { dangling = false } = {}) {
  if (dangling) return el("span", { class: "chip dangling", title: `${ref} is not in the catalog` }, shortRef(ref), el("span", { class: "flag" }, "missing"));
  return el("a", { class: "chip", href: entityHref(ref) }, el("span", { class: "chip-kind" }, parseRef(ref)?.kind), shortRef(ref));
}

/** `[type, [{ target, dangling }]]` pairs, in the order of the catalog. */
export function grouped(relationList) {
  const groups = new Map();
  for (const relation of relationList ?? []) groups.set(relation.type, [...(groups.get(relation.type) ?? []), relation]);
  return [...groups];
}

function relations(entity) {
  const groups = grouped(entity.relations);
  const body = groups.map(([type, members]) => el("div", { class: "relation" }, el("dt", {}, relationWords(type)), el("dd", {}, members.map((one) => chip(one.target, one)))));
  return el("section", { "aria-labelledby": "relations" }, el("h2", { id: "relations" }, "Relations"), groups.length ? el("dl", { class: "relations" }, body) : el("p", { class: "muted" }, "Nothing in the catalog refers to it, and it refers to nothing."));
}

// The diagram is laid out for the width it gets, and again when that changes.
function drawDiagram(page, entity, signal) {
  const box = page.querySelector(".diagram");
  const groups = grouped(entity.relations);
  if (!groups.length) {
    page.querySelector(".diagram-section").remove();
    return;
  }
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (!box.clientWidth || box.clientWidth === width) return; // 0 once the view is gone
    width = box.clientWidth;
    box.replaceChildren(diagram(entity, groups, { width }));
  });
  observer.observe(box);
  signal.addEventListener("abort", () => observer.disconnect());
}

const missing = (ref) =>
  el("div", { class: "empty" }, el("h1", { class: "empty-title" }, "Not in the catalog"), el("p", {}, el("code", {}, ref), " does not exist, or is not visible to you."), el("p", {}, el("a", { href: "/catalog" }, "Browse the catalog")));

const failed = (error) =>
  el("div", { class: "callout error", role: "alert" }, el("p", { class: "callout-title" }, "The entity could not be read"), el("p", {}, error.message), el("button", { type: "button", class: "button small", onclick: () => location.reload() }, "Try again"));
