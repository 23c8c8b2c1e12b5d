// Facts about a thing: a list of terms, and any JSON as a table of dotted names.

import { el } from "./dom.js";
import { age, entityHref, shortRef } from "./format.js";

/** A list of `[term, value]`; pairs without a value are left out. */
export function terms(pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return el("dl", { class: "meta" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** "3 minutes ago" with the time itself as a hint; null when there is none. */
export const when = (moment) => (moment ? el("time", { datetime: moment, title: moment }, age(moment)) : null);

/** A time of day, with its date when that is not today. */
export function clock(moment) {
  const at = new Date(moment);
  const today = at.toDateString() === new Date().toDateString();
  const text = at.toLocaleString("en-GB", { hour: "2-digit", minute: "2-digit", ...(!today && { day: "numeric", month: "short" }) });
  return el("time", { datetime: moment, title: moment }, text);
}

/** A reference to an entity as a link to its page; any other text as it is. */
export function entityLink(ref) {
  const href = entityHref(ref);
  return href ? el("a", { href, title: ref }, shortRef(ref)) : ref;
}

/** A long hash in full where it fits, for reading it aloud or comparing; `short` shows its beginning only. */
export const hash = (value, { short = false } = {}) => value && el("code", { class: "hash", title: value }, short ? value.slice(0, 12) : value);

/** Any JSON as a two-column table: one row for each value, its name written with dots. */
export function jsonTable(value, { caption }) {
  const rows = flat(value, "");
  if (!rows.length) return el("p", { class: "muted" }, "Nothing.");
  return el(
    "table",
    { class: "facts-table" },
    el("caption", { class: "visually-hidden" }, caption),
    el("tbody", {}, rows.map(([name, leaf]) => el("tr", {}, el("th", { scope: "row" }, breakable(name)), el("td", {}, shown(leaf))))),
  );
}

function flat(value, name) {
  if (Array.isArray(value) && value.every((item) => !isNested(item))) return [[name, value]];
  if (!isNested(value)) return [[name, value]];
  const inner = Array.isArray(value) ? value.map((item, at) => [`${name}[${at}]`, item]) : Object.entries(value).map(([key, item]) => [name ? `${name}.${key}` : key, item]);
  return inner.length ? inner.flatMap(([key, item]) => flat(item, key)) : [[name, null]].filter(([key]) => key);
}

/** A name whose line may end after a dot or an underscore. */
export const breakable = (name) => name.split(/(?<=[._])/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));

const isNested = (value) => value !== null && typeof value === "object";

/** A value of any shape in the cell of a table. */
export const jsonCell = (value) => (isNested(value) && !(Array.isArray(value) && value.every((item) => !isNested(item))) ? el("code", {}, JSON.stringify(value)) : shown(value));

function shown(leaf) {
  if (leaf === null || leaf === undefined || leaf === "") return el("span", { class: "muted" }, leaf === "" ? "empty" : "none");
  if (Array.isArray(leaf)) return leaf.length ? leaf.map(String).join(", ") : el("span", { class: "muted" }, "none");
  if (typeof leaf === "string" && entityHref(leaf)) return entityLink(leaf);
  return typeof leaf === "number" ? leaf.toLocaleString("en", { maximumSignificantDigits: 9 }) : String(leaf);
}
