// A small Markdown renderer for answers: paragraphs, headings, lists, fenced code, tables, quotes, admonitions,
// bold, italics, inline code, links. It builds nodes, so HTML in an answer shows as the text it is.
//
// Links go to http(s) addresses and to paths of this site; any other target leaves its label as plain text. Code
// that is a full entity reference leads to its entity.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { entityHref } from "./format.js";

const FENCE = /^(\s*)(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const ADMONITION = /^(?:!!!|\?\?\?\+?)\s+(\w+)(?:\s+"([^"]*)")?/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const BARE_ROW = /^\s*\|.+\|.+\|\s*$/;
const INLINE =
  /(?<code>`+)(?<codeText>[\s\S]*?[^`])\k<code>(?!`)|\*\*(?<bold>[^*]+(?:\*(?!\*)[^*]+)*)\*\*|__(?<bold2>[^_]+)__|(?<![\w*])\*(?<em>[^*\s][^*]*)\*(?![\w*])|(?<![\w_])_(?<em2>[^_\s][^_]*)_(?![\w_])|(?<!!)\[(?<label>[^\]]+)\]\((?<href>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)|\[(?<marks>\d{1,2}(?:,\s*\d{1,2})*)\]/;

/**
 * Nodes for `source`. `cite(number)` returns the node of the mark `[number]`, or null to leave it as text.
 * `still` leaves out what reacts: copy buttons and scrolling boxes.
 */
export function markdown(source, { cite = () => null, still = false } = {}) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(source.replace(/\r\n?/g, "\n").split("\n"), cite));
  if (still) settle(fragment);
  return fragment;
}

function settle(fragment) {
  for (const head of fragment.querySelectorAll(".code-head")) head.remove();
  for (const box of fragment.querySelectorAll(".code-block, .table-scroll")) box.replaceWith(...box.childNodes);
  for (const box of fragment.querySelectorAll("pre")) box.replaceWith(el("pre", {}, ...box.childNodes));
}

function blocks(lines, cite) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const read = [fence, heading, admonition, table, bareRows, rule, quote, list, paragraph].find((reader) => reader.starts(lines, at));
    const [node, next] = read(lines, at, cite);
    nodes.push(node);
    at = next;
  }
  return nodes;
}

function fence(lines, at) {
  const [, indent, mark, language] = FENCE.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== mark) end += 1; // an unclosed fence runs to the end
  const text = lines.slice(at + 1, end).map((line) => dedent(line, indent.length)).join("\n");
  return [codeBlock(text, language), end + 1];
}
fence.starts = (lines, at) => FENCE.test(lines[at]);

// A code block with its language and a copy button.
function codeBlock(text, language = "") {
  return el(
    "div",
    { class: "code-block" },
    el("div", { class: "code-head" }, el("span", {}, language || "text"), copyButton(() => text, { name: "Copy code" })),
    el("pre", { tabindex: "0", "aria-label": `Code${language ? `, ${language}` : ""}`, role: "region" }, el("code", {}, text)),
  );
}

function heading(lines, at, cite) {
  const [, marks, text] = HEADING.exec(lines[at]);
  return [el(`h${Math.min(6, marks.length + 2)}`, {}, inline(text, cite)), at + 1]; // the question is the h2
}
heading.starts = (lines, at) => HEADING.test(lines[at]);

function admonition(lines, at, cite) {
  const [, type, title] = ADMONITION.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && (!lines[end].trim() || /^\s{4}/.test(lines[end]))) end += 1;
  const inner = lines.slice(at + 1, end).map((line) => dedent(line, 4));
  const head = el("p", { class: "admonition-title" }, title || type);
  return [el("div", { class: `admonition ${type.toLowerCase()}` }, head, blocks(inner, cite)), end];
}
admonition.starts = (lines, at) => ADMONITION.test(lines[at]);

function table(lines, at, cite) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const row = (line, tag) => el("tr", {}, cells(line).map((cell) => el(tag, {}, inline(cell, cite))));
  const body = lines.slice(at + 2, end).map((line) => row(line, "td"));
  const grid = el("table", {}, el("thead", {}, row(lines[at], "th")), el("tbody", {}, body));
  return [el("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" }, grid), end];
}
table.starts = (lines, at) => lines[at].includes("|") && at + 1 < lines.length && TABLE_RULE.test(lines[at + 1]) && lines[at + 1].includes("-");

// Rows that were quoted without the head of their table.
function bareRows(lines, at, cite) {
  let end = at;
  while (end < lines.length && BARE_ROW.test(lines[end])) end += 1;
  const rows = lines.slice(at, end).map((line) => el("tr", {}, cells(line).map((cell) => el("td", {}, inline(cell, cite)))));
  return [el("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Rows of a table" }, el("table", {}, el("tbody", {}, rows))), end];
}
bareRows.starts = (lines, at) => BARE_ROW.test(lines[at]);

function cells(line) {
  const bare = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return bare.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

const rule = (lines, at) => [el("hr"), at + 1];
rule.starts = (lines, at) => RULE.test(lines[at]);

function quote(lines, at, cite) {
  let end = at;
  while (end < lines.length && /^\s*>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^\s*>\s?/, ""));
  return [el("blockquote", {}, blocks(inner, cite)), end];
}
quote.starts = (lines, at) => /^\s*>/.test(lines[at]);

function list(lines, at, cite) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const items = [];
  while (at < lines.length) {
    const match = ITEM.exec(lines[at]);
    if (!match || match[1].length !== indent.length || /\d/.test(match[2]) !== ordered) break;
    const [inner, next] = itemLines(lines, at, indent.length);
    items.push(item(inner, cite));
    at = next;
  }
  const start = ordered ? Number.parseInt(mark, 10) : 1;
  return [el(ordered ? "ol" : "ul", { start: start === 1 ? null : start }, items), at];
}
list.starts = (lines, at) => ITEM.test(lines[at]);

// The lines of one item, without its mark: its own, then everything that is indented deeper.
function itemLines(lines, at, indent) {
  const inner = [ITEM.exec(lines[at])[3]];
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end];
    const deeper = line.search(/\S/) > indent;
    const blankInside = !line.trim() && (lines[end + 1] ?? "").search(/\S/) > indent;
    const lazy = line.trim() && lines[end - 1].trim() && !interrupts(lines, end);
    if (!deeper && !blankInside && !lazy) break;
    inner.push(line);
    end += 1;
  }
  while (end < lines.length && !lines[end].trim() && ITEM.test(lines[end + 1] ?? "")) end += 1; // a loose list
  const depth = Math.min(...inner.slice(1).filter((line) => line.trim()).map((line) => line.search(/\S/)), 4);
  return [inner.map((line, row) => (row ? dedent(line, depth) : line)), end];
}

function item(lines, cite) {
  const [first, ...others] = blocks(lines, cite);
  return el("li", {}, first?.tagName === "P" ? [...first.childNodes] : first, others);
}

function paragraph(lines, at, cite) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !interrupts(lines, end)) end += 1;
  const marksOnly = end === at + 1 && /^(\[\d+\]\s*)+$/.test(lines[at].trim());
  return [el("p", { class: marksOnly && "marks" }, inline(lines.slice(at, end).map((line) => line.trim()).join("\n"), cite)), end];
}
paragraph.starts = () => true;

const interrupts = (lines, at) => [fence, heading, admonition, table, bareRows, quote, list].some((reader) => reader.starts(lines, at));

const dedent = (line, width) => line.replace(new RegExp(`^ {0,${width}}`), "");

function inline(text, cite) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    nodes.push(rest.slice(0, match.index), ...span(match, cite));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...nodes, rest].filter((node) => node !== "");
}

function span(match, cite) {
  const { codeText, bold, bold2, em, em2, label, href, marks } = match.groups;
  if (codeText !== undefined) return [code(codeText.trim())];
  if (bold ?? bold2) return [el("strong", {}, inline(bold ?? bold2, cite))];
  if (em ?? em2) return [el("em", {}, inline(em ?? em2, cite))];
  if (href !== undefined) return link(label, href, cite);
  const chips = marks.split(",").map((number) => cite(Number(number)));
  return chips.every(Boolean) ? chips : [match[0]];
}

function code(text) {
  const href = entityHref(text);
  return href ? el("a", { href }, el("code", {}, text)) : el("code", {}, text);
}

function link(label, href, cite) {
  const text = inline(label, cite);
  if (/^\/(?!\/)/.test(href)) return [el("a", { href }, text)];
  if (/^https?:\/\//i.test(href)) return [el("a", { href, target: "_blank", rel: "noopener noreferrer" }, text)];
  return text;
}
