// How values are put into words.

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 weeks ago" for an ISO time or seconds since the epoch; "" when there is none. */
export function age(moment, { now = Date.now() } = {}) {
  if (moment === null || moment === undefined || moment === "") return "";
  const then = typeof moment === "number" ? moment * 1000 : Date.parse(moment);
  if (Number.isNaN(then)) return "";
  const seconds = Math.max(0, (now - then) / 1000);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return words.format(-Math.floor(seconds / size), unit);
  }
  return "just now";
}

/** `{ kind, namespace, name }` of `kind:namespace/name`, or null when the text is no full reference. */
export function parseRef(text) {
  const match = /^([a-z][a-z0-9-]*):([a-z0-9-]+)\/([a-z0-9_.-]+)$/i.exec(text ?? "");
  return match ? { kind: match[1], namespace: match[2], name: match[3] } : null;
}

/** `home-ranker` for `component:default/home-ranker`; other namespaces are kept. */
export function shortRef(text) {
  const ref = parseRef(text);
  if (!ref) return text ?? "";
  return ref.namespace === "default" ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** The page of an entity. */
export function entityHref(text) {
  const ref = parseRef(text);
  return ref ? `/catalog/${ref.kind}/${ref.namespace}/${ref.name}`.toLowerCase() : null;
}

/** `{ name, version }` of `registry:name/version`, the path of what the model registry says; null for any other. */
export function registered(path) {
  const match = /^registry:([a-z0-9][a-z0-9._-]*)\/(\d+)$/.exec(path ?? "");
  return match ? { name: match[1], version: match[2] } : null;
}

/** The docs page at its heading, or the entity's page when there is no document (`path` is null). */
export function sectionHref({ entity, path, anchor, link }) {
  if (link) return link;
  const ref = parseRef(entity);
  if (!ref) return null;
  if (!path) return entityHref(entity);
  const model = registered(path);
  if (model) return `/models/${encodeURIComponent(model.name)}/${model.version}`;
  const file = path.split("/").map(encodeURIComponent).join("/");
  return `/docs/${ref.kind}/${ref.namespace}/${ref.name}/${file}${anchor ? `#${encodeURIComponent(anchor)}` : ""}`;
}

/** Seven characters of a revision, with its kind: `git:1a2b3c4`. */
export function shortRevision(revision) {
  const [scheme, value] = (revision ?? "").split(":");
  return value ? `${scheme}:${value.slice(0, 7)}` : (revision ?? "").slice(0, 7);
}

/** Confidence (0 to 1) in words, with the level that colours it. */
export function confidence(value) {
  if (value >= 0.75) return { level: "high", words: "Well supported" };
  if (value >= 0.45) return { level: "middle", words: "Probably right: check the source" };
  return { level: "low", words: "Weakly supported: check the source" };
}

/** "1 page", "3 pages". */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** "dependsOn" becomes "Depends on"; "apiProvidedBy" becomes "API provided by". */
export function relationWords(type) {
  const words = type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().replace(/\bapi\b/g, "API");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Seconds as a length of time: "1.1 s", "3 min 4 s", "2 h 5 min". */
export function duration(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "90 MB"; decimal units, as the limits of jobs are given. */
export function bytes(number) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  let value = number;
  for (; value >= 1000 && at < units.length - 1; at += 1) value /= 1000;
  return `${at && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** A measured figure to four decimals, as tables of results give it; "–" when there is none. */
export const figure = (value) => (typeof value === "number" ? value.toFixed(4).replace("-", "−") : "–");

/** The first twelve characters of a hash. */
export const shortHash = (hash) => (hash ?? "").replace(/^[a-z0-9]+:/, "").slice(0, 12);

/** The page of the model `name:version`, or of what `name@alias` points to; null for anything else. */
export function modelHref(ref) {
  const match = /^([^:@/\s]+)[:@]([^:@/\s]+)$/.exec(ref ?? "");
  return match ? `/models/${encodeURIComponent(match[1])}/${encodeURIComponent(match[2])}` : null;
}
