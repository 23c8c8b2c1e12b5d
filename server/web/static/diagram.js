// Draws what is next to a thing, one hop: what it belongs to above, what uses it (or what it was made from) on the
// left, what it uses (or what was made from it) on the right, what it contains below. On a narrow screen the four
// stand under each other.

import { svg } from "./dom.js";
import { relationWords } from "./format.js";

const SIDES = {
  above: ["ownedBy", "partOf", "memberOf", "childOf"],
  left: ["dependencyOf", "apiConsumedBy", "apiProvidedBy", "madeFrom"],
  right: ["dependsOn", "consumesApi", "providesApi", "judgedIn", "madeInto"],
};
const NODE = { width: 196, height: 30, gap: 8 };
const LABEL = 20;
const SPACE = 44;
const MOST = 6; // a side with more says how many are left; the list under the diagram has them all

/** An SVG of `groups` (a map of type to `[{ text, hint, href, dangling }]`) around `title`, `width` CSS pixels wide. */
export function diagram(title, groups, { width, label }) {
  const sides = split(groups);
  const narrow = width < 680;
  const drawing = narrow ? stacked(sides, width) : around(sides, width);
  const centre = box(drawing.centre, { class: "node self" }, title);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${drawing.height}`, width, height: drawing.height, role: "group", "aria-label": label },
    drawing.parts.map((part) => [lines(drawing.centre, part), blocksOf(part)]),
    centre,
  );
}

function split(groups) {
  const sides = { above: [], left: [], right: [], below: [] };
  for (const [type, members] of groups) {
    const side = Object.keys(SIDES).find((name) => SIDES[name].includes(type)) ?? "below";
    sides[side].push({ type, shown: members.slice(0, MOST), more: Math.max(0, members.length - MOST) });
  }
  return sides;
}

// Rows of a side: a label for each relation type, then its nodes, `columns` beside each other.
function heightOf(side, columns = 1) {
  return side.reduce((sum, { shown, more }) => sum + LABEL + Math.ceil((shown.length + (more ? 1 : 0)) / columns) * (NODE.height + NODE.gap), 0);
}

function around(sides, width) {
  const columns = Math.max(1, Math.floor((width + NODE.gap) / (NODE.width + NODE.gap)));
  const above = Math.max(0, ...sides.above.map((group) => heightOf([group])));
  const middle = Math.max(heightOf(sides.left), heightOf(sides.right), NODE.height);
  const top = above ? above + SPACE : 0;
  const centre = { x: (width - NODE.width) / 2, y: top + (middle - NODE.height) / 2, width: NODE.width, height: NODE.height };
  const belowAt = top + middle + SPACE;
  const parts = [
    ...abreast(sides.above, width, above),
    { side: "left", groups: sides.left, at: { x: 0, y: top + (middle - heightOf(sides.left)) / 2 }, columns: 1 },
    { side: "right", groups: sides.right, at: { x: width - NODE.width, y: top + (middle - heightOf(sides.right)) / 2 }, columns: 1 },
    { side: "below", groups: sides.below, at: { x: inner(sides.below, width, columns), y: belowAt }, columns },
  ].filter(({ groups }) => groups.length);
  const below = heightOf(sides.below, columns);
  return { centre, parts, height: below ? belowAt + below : top + middle + 1 };
}

// Each relation type of the upper side is a column of its own, all of them standing on the same line.
function abreast(groups, width, height) {
  const left = (width - groups.length * (NODE.width + NODE.gap) + NODE.gap) / 2;
  return groups.map((group, at) => ({ side: "above", groups: [group], at: { x: left + at * (NODE.width + NODE.gap), y: height - heightOf([group]) }, columns: 1 }));
}

// Centres a block of `columns` by the widest of its rows.
function inner(side, width, columns) {
  const most = Math.max(1, ...side.map(({ shown, more }) => Math.min(columns, shown.length + (more ? 1 : 0))));
  return (width - most * (NODE.width + NODE.gap) + NODE.gap) / 2;
}

function stacked(sides, width) {
  const columns = Math.max(1, Math.floor((width - 24 + NODE.gap) / (150 + NODE.gap)));
  const parts = [];
  let y = NODE.height + 14;
  for (const side of ["above", "left", "right", "below"]) {
    if (!sides[side].length) continue;
    parts.push({ side, groups: sides[side], at: { x: 24, y, node: (width - 24 - (columns - 1) * NODE.gap) / columns, rail: true }, columns });
    y += heightOf(sides[side], columns) + 6;
  }
  return { centre: { x: 0, y: 0, width: Math.min(width, 260), height: NODE.height }, parts, height: y };
}

function blocksOf({ groups, at: { x, y, node = NODE.width }, columns }) {
  let top = y;
  return groups.map(({ type, shown, more }) => {
    const label = svg("text", { x, y: top + 14, class: "node-label" }, relationWords(type));
    const members = more ? [...shown, { more }] : shown;
    const nodes = members.map((member, at) => nodeOf(member, { x: x + (at % columns) * (node + NODE.gap), y: top + LABEL + Math.floor(at / columns) * (NODE.height + NODE.gap), width: node, height: NODE.height }));
    top += heightOf([{ shown, more }], columns);
    return [label, nodes];
  });
}

function nodeOf({ text, hint, href, dangling, more }, place) {
  if (more) return box(place, { class: "node more" }, `and ${more} more`);
  const drawn = box(place, { class: dangling ? "node dangling" : "node" }, text, hint);
  return href ? svg("a", { href }, drawn) : drawn;
}

function box({ x, y, width, height }, attributes, text, hint = text) {
  const fits = Math.floor((width - 20) / 7.4);
  const shown = text.length > fits ? `${text.slice(0, fits - 1)}…` : text;
  return svg(
    "g",
    attributes,
    svg("title", {}, hint),
    svg("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 5 }),
    svg("text", { x: x + width / 2, y: y + height / 2 + 4.5, "text-anchor": "middle" }, shown),
  );
}

// Lines from the centre: one to each block above and below, one to each node beside it, a rail when stacked.
function lines(centre, part) {
  const { side, at, groups, columns } = part;
  const middle = { x: centre.x + centre.width / 2, y: centre.y + centre.height / 2 };
  if (at.rail) return edge(`M 10 ${centre.y + centre.height} V ${at.y + 10} H ${at.x - 4}`);
  if (side === "below") return edge(`M ${middle.x} ${centre.y + centre.height} V ${at.y}`);
  if (side !== "above") return rays(centre, middle, part);
  const from = { x: at.x + NODE.width / 2, y: at.y + heightOf(groups, columns) - NODE.gap };
  const bend = (from.y + centre.y) / 2;
  return edge(`M ${from.x} ${from.y} C ${from.x} ${bend}, ${middle.x} ${bend}, ${middle.x} ${centre.y}`);
}

function rays(centre, middle, { side, at, groups }) {
  const from = side === "left" ? centre.x : centre.x + centre.width;
  const to = side === "left" ? at.x + NODE.width : at.x;
  const bend = (from + to) / 2;
  let top = at.y;
  return groups.map((group) => {
    const rows = group.shown.length + (group.more ? 1 : 0);
    const ends = Array.from({ length: rows }, (_, row) => top + LABEL + row * (NODE.height + NODE.gap) + NODE.height / 2);
    top += heightOf([group]);
    return ends.map((y) => edge(`M ${from} ${middle.y} C ${bend} ${middle.y}, ${bend} ${y}, ${to} ${y}`));
  });
}

const edge = (d) => svg("path", { class: "edge", d });
