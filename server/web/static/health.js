// The docs' health: what they owe, the most harmful first, for all or for one team.

import { callAction } from "./api.js";
import { announce, el } from "./dom.js";
import { count, entityHref, shortRef } from "./format.js";
import { failed, loading, nothing } from "./states.js";

const PAGE = 25;

/** The view's door; see app.js. */
export function show(main, url, { signal, go }) {
  const team = url.searchParams.get("team")?.trim() ?? "";
  const body = el("div", { class: "results short", "aria-busy": "true" }, loading());
  main.append(
    el(
      "div",
      { class: "plans" },
      el("div", { class: "bar" }, el("h1", {}, "Docs health"), chooser(team, go)),
      el("p", { class: "lead muted" }, "What was asked and not answered, pages that did not help, and entities without owner or docs, by harm: asks × failures × weeks × teams."),
      body,
    ),
  );
  read(body, { team, signal, limit: PAGE });
  return team ? `Docs health of ${shortRef(team)}` : "Docs health";
}

function chooser(team, go) {
  const field = el("input", { type: "search", id: "health-team", name: "team", value: team, placeholder: "group:default/…", autocomplete: "off", spellcheck: "false" });
  const form = el("form", { class: "open-plan", role: "search" }, el("label", { class: "visually-hidden", for: "health-team" }, "Only what this team is to mend"), field, el("button", { class: "button" }, "Show team"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = field.value.trim();
    go(wanted ? `/docs-health?${new URLSearchParams({ team: wanted })}` : "/docs-health");
  });
  return form;
}

async function read(body, { team, signal, limit }) {
  try {
    const found = await callAction("docs_health", { limit, ...(team && { team }) }, { signal });
    body.setAttribute("aria-busy", "false");
    body.replaceChildren(...parts(found, () => read(body, { team, signal, limit: Math.min(100, limit + PAGE) }), limit).filter(Boolean));
    announce(count(found.total, "debt"));
  } catch (error) {
    if (signal.aborted) return;
    body.setAttribute("aria-busy", "false");
    body.replaceChildren(failed("The health of the docs could not be read", error, () => read(body, { team, signal, limit })));
  }
}

function parts(found, more, limit) {
  return [
    figures(found),
    found.items.length ? el("ul", { class: "job-list" }, found.items.map(debt)) : nothing("Nothing is owed", "No question failed that is kept, and every entity has what it needs."),
    found.next_offset !== null && limit < 100 && el("button", { type: "button", class: "button", onclick: more }, `Show more of ${found.total}`),
    warnings(found.suspicious),
  ];
}

const figures = ({ days, asked, answered, helpful, unhelpful }) =>
  el("p", { class: "health-figures" }, `In ${days} days: `, el("strong", {}, count(asked, "question")), `, ${answered} answered, ${helpful} rated as helpful, ${unhelpful} as not.`);

const KINDS = { gap: "Gap", page: "Page", metadata: "Catalog" };

function debt({ kind, title, owner, harm, asks, failures, weeks, teams, place, gap }) {
  const facts = failures > 0 ? [["Asks", asks], ["Failed", failures], ["Weeks", weeks], ["Teams", teams]] : [["Asks", asks]];
  return el(
    "li",
    { class: "job-row" },
    el("span", { class: "health-harm" }, el("strong", {}, failures > 0 ? harm.toLocaleString("en", { maximumFractionDigits: 0 }) : "–"), " harm"),
    el(
      "div",
      { class: "job-what" },
      el("a", { class: "entity-name", href: place.link }, title),
      el("p", { class: "muted" }, KINDS[kind], kind === "gap" && place.entity && [", nearest: ", el("code", {}, `${shortRef(place.entity)} ${place.path}`.trim())], gap && [", ", el("code", {}, gap)]),
      el("p", { class: "muted" }, "Owner: ", owner ? el("a", { href: entityHref(owner) }, shortRef(owner)) : "nobody is known"),
    ),
    el("dl", { class: "health-facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value))))),
  );
}

function warnings(found) {
  if (!found.length) return null;
  return el(
    "section",
    { "aria-labelledby": "health-suspicious" },
    el("h2", { id: "health-suspicious" }, "Passages that try to instruct an assistant"),
    el(
      "ul",
      { class: "health-warnings" },
      found.map(({ place, owner, reason, met }) =>
        el("li", {}, el("a", { href: place.link }, `${shortRef(place.entity)} ${place.path}`.trim()), ` ${reason}, met by ${count(met, "answer")}. Owner: `, owner ? el("a", { href: entityHref(owner) }, shortRef(owner)) : "nobody is known", "."),
      ),
    ),
  );
}
