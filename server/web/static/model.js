// The page of one version of a model: how good it is and by which protocol, what made it, where it stands.

import { callAction } from "./api.js";
import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { entityLink, hash, jsonTable, terms, when } from "./facts.js";
import { count, shortHash } from "./format.js";
import { lineage } from "./lineage.js";
import { metricSections } from "./metrics.js";
import { preview } from "./preview.js";
import { failed, loading, missing } from "./states.js";

/** The view's door; see app.js. `/models/NAME` is its newest version, `/models/NAME/ALIAS` what the alias points to. */
export function show(main, url, { signal, go }) {
  const [name, version = ""] = url.pathname.split("/").filter(Boolean).slice(1).map(decodeURIComponent);
  const ref = version ? `${name}${/^\d+$/.test(version) ? ":" : "@"}${version}` : name;
  const page = el("div", { class: "model", "aria-busy": "true" }, loading());
  main.append(page);
  load(page, ref, { signal, go });
  return ref;
}

async function load(page, ref, { signal, go }) {
  try {
    const found = await callAction("describe_model", { model: ref }, { signal });
    page.replaceChildren(breadcrumb(found.model), head(found), columns(found, { signal, go }));
    document.title = `${found.model.ref} · Cuebook`;
  } catch (error) {
    if (error.name === "AbortError") return;
    page.replaceChildren(error.status === 404 ? missing("There is no such model", error.message, el("a", { href: "/models" }, "See the models")) : failed("The model could not be read", error, () => load(page, ref, { signal, go })));
  } finally {
    page.setAttribute("aria-busy", "false");
  }
}

function breadcrumb({ name, version }) {
  const trail = [el("a", { href: "/models" }, "Models"), el("a", { href: `/models?${new URLSearchParams({ text: name, sort_by: "created_at" })}` }, name), el("span", { "aria-current": "page" }, `Version ${version}`)];
  return el("nav", { "aria-label": "Breadcrumb" }, el("ol", { class: "breadcrumb" }, trail.map((step) => el("li", {}, step))));
}

function head({ model }) {
  return el(
    "div",
    { class: "entity-head" },
    el("h1", {}, `${model.name} ${model.version}`),
    el("p", { class: "ref" }, el("code", {}, model.ref), model.aliases.map((alias) => el("span", { class: "alias" }, alias)), copyButton(() => model.ref, { name: "Copy the reference" })),
  );
}

function columns(found, { signal, go }) {
  return el(
    "div",
    { class: "entity-columns" },
    el("div", { class: "entity-main" }, judged(found), found.model.kind === "pipeline" && preview(found.model.ref, { signal }), lineage(found, { signal }), aliasHistory(found), configuration(found)),
    el("aside", { class: "entity-side", "aria-label": "Facts" }, facts(found), comparing(found, { signal, go })),
  );
}

function judged({ model, evaluations, evaluations_total: total }) {
  if (!evaluations.length) {
    return el("section", { "aria-labelledby": "metrics" }, el("h2", { id: "metrics" }, "Metrics"), el("p", {}, "It was not judged yet. From a client, call ", el("code", {}, "launch_eval"), " with ", el("code", {}, model.ref), "."));
  }
  const shown = evaluations.flatMap(({ protocols, ...about }) => protocols.map((one) => ({ about, one })));
  // The newest figures of a protocol are charted; older ones of the same are folded away.
  const newest = shown.filter(({ one }, at) => shown.findIndex((other) => other.one.protocol_hash === one.protocol_hash) === at);
  const older = shown.filter((each) => !newest.includes(each));
  return [
    newest.map(section),
    older.length > 0 && el("details", { class: "fold" }, el("summary", {}, count(older.length, "earlier evaluation")), older.map(section)),
    total > evaluations.length && el("p", { class: "muted" }, `${count(total - evaluations.length, "older evaluation")} not shown.`),
  ];
}

function section({ about, one }) {
  const [made] = metricSections([{ ...one, hash: one.protocol_hash }]);
  made.append(el("p", { class: "chart-rest" }, "Judged ", when(about.created_at), " for ", entityLink(about.owner), ", MLflow run ", hash(about.run_id), "."));
  return made;
}

function facts({ model, versions, requires, code, seconds, folder }) {
  return terms([
    ["Owner", entityLink(model.owner)],
    ["Kind", `${model.kind}${model.artifact === "model" ? "" : ` (${model.artifact})`}`],
    ["Versions", versions > 1 && el("a", { href: `/models?${new URLSearchParams({ text: model.name, sort_by: "created_at" })}` }, String(versions))],
    ["Data set", [model.data.name, " ", hash(model.data.hash, { short: true })]],
    ["Made", when(model.created_at)],
    ["Training took", Object.keys(seconds).length > 0 && Object.entries(seconds).map(([stage, time]) => `${stage} ${time.toFixed(1)} CPU-s`).join(", ")],
    ["Code", [code.version, " ", code.revision && hash(code.revision, { short: true })]],
    ["Needs", requires.join(", ")],
    ["MLflow run", hash(model.run_id)],
    ["Artifact", hash(model.digest, { short: true })],
    ["Kept in", el("code", { title: folder }, folder.replace(/[0-9a-f]{40,}/, (digest) => `${shortHash(digest)}…`))],
  ]);
}

// Offers the versions that the newest protocol has measured too: only those can be compared.
function comparing({ model, evaluations }, { signal, go }) {
  const protocol = evaluations[0]?.protocols[0]?.protocol_hash;
  if (!protocol) return null;
  const select = el("select", { id: "compare-with" });
  const form = el("form", { class: "compare-with", hidden: true }, el("label", { class: "label", for: "compare-with" }, "Compare with"), select, el("button", { class: "button small" }, "Compare"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(`/models/compare?${new URLSearchParams({ a: model.ref, b: select.value })}`);
  });
  callAction("query_model_catalog", { protocol, limit: 100 }, { signal })
    .then(({ items }) => {
      const others = items.filter(({ ref }) => ref !== model.ref);
      select.replaceChildren(...others.map(({ ref, aliases }) => el("option", { value: ref }, [ref, ...aliases].join(" "))));
      form.hidden = !others.length;
    })
    .catch(() => {}); // the page is whole without it
  return form;
}

function aliasHistory({ alias_history: moves, alias_history_total: total }) {
  if (!moves.length) return null;
  const version = (number) => (number === null ? el("span", { class: "muted" }, "none") : `version ${number}`);
  const rows = moves.map(({ alias, old, new: now, by, at }) => el("tr", {}, el("th", { scope: "row" }, alias), el("td", {}, version(old), " → ", version(now)), el("td", {}, entityLink(by)), el("td", {}, when(at))));
  return el(
    "section",
    { "aria-labelledby": "aliases" },
    el("h2", { id: "aliases" }, "Alias history"),
    el("table", { class: "rows" }, el("thead", {}, el("tr", {}, ["Alias", "Moved", "By", "When"].map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, rows)),
    total > moves.length && el("p", { class: "muted" }, `${count(total - moves.length, "older move")} not shown.`),
  );
}

function configuration({ config, facts: noted, environment }) {
  return el(
    "section",
    { "aria-labelledby": "config" },
    el("h2", { id: "config" }, "How it was made"),
    jsonTable(config, { caption: "Configuration" }),
    el("details", { class: "fold" }, el("summary", {}, "What the recipe noted"), jsonTable(noted, { caption: "What the recipe noted" })),
    el("details", { class: "fold" }, el("summary", {}, "Environment"), jsonTable(environment, { caption: "Environment" })),
  );
}
