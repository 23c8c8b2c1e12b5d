// The page of one plan: all that it would do, who has to agree, and deciding on it. Nothing here decides by itself.

import { applyPlan, getJson } from "./api.js";
import { approverBar, decide, knowApprover, mayApprove } from "./approver.js";
import { copyButton } from "./copy.js";
import { announce, el } from "./dom.js";
import { clock, entityLink, hash, jsonTable, terms, when } from "./facts.js";
import { count } from "./format.js";
import { stateMark } from "./jobs.js";
import { planCard } from "./plancard.js";
import { progress } from "./playbook.js";
import { repeat } from "./poll.js";
import { failed, loading, missing } from "./states.js";

const OPEN = new Set(["planned", "waiting", "approved"]);
const SOON = 3_000;

/** The view's door; see app.js. */
export function show(main, url, { signal }) {
  const digest = decodeURIComponent(url.pathname.split("/")[2]);
  const view = { digest, signal, page: el("div", { class: "plan", "aria-busy": "true" }, loading()), parts: null, shown: "", own: "" };
  main.append(view.page);
  repeat(() => (view.parts ? step(view) : start(view)), { signal, failed: (error) => unread(view, error) });
  return `Plan ${digest.slice(0, 12)}`;
}

// Who reads this decides what is offered: an approver may decide, only whoever planned may apply.
async function start(view) {
  await knowApprover({ signal: view.signal });
  const { plans } = await getJson("/api/v1/plans", { query: { limit: 1 }, signal: view.signal });
  view.own = plans[0]?.principal ?? "";
  return step(view);
}

async function step(view) {
  const outcome = await getJson(`/api/v1/plans/${encodeURIComponent(view.digest)}`, { signal: view.signal });
  view.page.setAttribute("aria-busy", "false");
  if (!view.parts) frame(view, outcome);
  refresh(view, outcome);
  return OPEN.has(outcome.status) || outcome.status === "running" ? SOON : null;
}

// The effect never changes under a digest, so it is drawn once; what became of the plan is drawn when it changes.
function frame(view, outcome) {
  view.parts = { mark: el("span", {}), next: el("div", { class: "plan-next" }), side: el("div", {}) };
  const { mark, next, side } = view.parts;
  const trail = [el("a", { href: "/plans" }, "Plans"), el("span", { "aria-current": "page" }, view.digest.slice(0, 12))];
  view.page.replaceChildren(
    el("nav", { "aria-label": "Breadcrumb" }, el("ol", { class: "breadcrumb" }, trail.map((one) => el("li", {}, one)))),
    el("div", { class: "entity-head" }, el("h1", {}, outcome.action || "Plan"), el("p", { class: "ref" }, mark, hash(view.digest), copyButton(() => view.digest, { name: "Copy the digest" }))),
    el("div", { class: "entity-columns" }, el("div", { class: "entity-main" }, next, planCard(outcome.plan), asked(outcome)), el("aside", { class: "entity-side", "aria-label": "Facts" }, side)),
  );
  document.title = `${outcome.plan.summary || outcome.action} · Cuebook`;
}

function refresh(view, outcome) {
  const text = JSON.stringify([outcome, mayApprove()]);
  if (view.shown === text) return;
  if (view.shown) announce(`The plan is ${outcome.status}`);
  view.shown = text;
  const { mark, next, side } = view.parts;
  mark.replaceChildren(stateMark(outcome.status));
  side.replaceChildren(facts(outcome));
  next.replaceChildren(...nextSteps(view, outcome).filter(Boolean));
}

function facts({ plan, action, principal, expires_at: expires, status, approval, job, receipt }) {
  const given = approval?.given ?? [];
  return terms([
    ["Action", el("code", {}, action)],
    ["Planned by", entityLink(principal)],
    [OPEN.has(status) ? "Expires" : "Was open until", clock(expires)],
    ["Rule", approval?.rule],
    ["May approve", approval?.who],
    ["Decided", given.length > 0 && el("ul", { class: "plain" }, given.map((one) => el("li", {}, `${one.decision} by `, entityLink(one.approver), " ", when(one.at), ` (${one.means})`)))],
    ["Undo", receipt?.undo ?? (plan.reversible ? "possible" : "irreversible")],
    ["Job", job && el("a", { href: `/jobs/${job}` }, el("code", {}, job))],
  ]);
}

const asked = ({ arguments: given }) => given && Object.keys(given).length > 0 && el("section", { "aria-labelledby": "arguments" }, el("h2", { id: "arguments" }, "Arguments"), jsonTable(given, { caption: "Arguments of the action" }));

// What stands between the plan and its effect, in words, and what the reader may do about it.
function nextSteps(view, outcome) {
  const draw = { planned: ready, approved: ready, waiting, running, done, refused: ended, rejected: ended, expired: ended, failed: ended, lost: ended }[outcome.status];
  return draw ? draw(view, outcome) : [el("div", { class: "callout" }, el("p", {}, outcome.reason || outcome.status))];
}

function ready(view, outcome) {
  const { plan, approval, principal, status } = outcome;
  const problem = el("div", {});
  const why = status === "approved" ? "It has the approval that it needs." : `It needs no approval${approval?.reason ? `: ${approval.reason}` : ""}.`;
  const button = acting("Apply now", problem, "It was not applied", async () => {
    await applyPlan(outcome.digest);
    await step(view);
  });
  return [
    el(
      "div",
      { class: "callout decision" },
      el("p", { class: "callout-title" }, status === "approved" ? "Approved, not applied yet" : "Not applied yet"),
      el("p", {}, why, " Applying does what stands below, once, for ", entityLink(principal), ".", !plan.reversible && el("strong", {}, " It cannot be undone.")),
      principal === view.own ? el("div", { class: "effect-buttons start" }, button, rejecting(view, outcome, problem, "Take it back")) : el("p", { class: "muted" }, "Only whoever planned it can apply it."),
      problem,
    ),
  ];
}

function waiting(view, outcome) {
  const { approval, principal, expires_at: expires, plan } = outcome;
  const problem = el("div", {});
  const bar = approverBar({ changed: () => refresh(view, outcome) });
  const approve = acting("Approve this plan", problem, "It was not approved", async () => {
    await decide(outcome.digest, "approve");
    announce("Approved");
    await step(view);
  });
  return [
    el(
      "div",
      { class: "callout warning decision" },
      el("p", { class: "callout-title" }, `It waits for ${approval ? count(approval.missing, "approval") : "an approval"}`),
      approval && el("p", {}, sentence(approval.reason), approval.who && [" It takes ", approval.who, "."]),
      mayApprove() && [
        el("p", {}, "If you approve, ", entityLink(principal), " may do exactly what stands below, once, while your approval lasts and no later than ", clock(expires), ": ", el("strong", {}, plan.summary), " ", plan.reversible ? "It can be undone." : el("strong", {}, "It cannot be undone."), " Approving does not apply it."),
        el("div", { class: "effect-buttons start" }, approve, rejecting(view, outcome, problem, "Reject it")),
      ],
      el("div", { class: "effect-buttons start" }, bar, !mayApprove() && principal === view.own && rejecting(view, outcome, problem, "Take it back")),
      problem,
    ),
  ];
}

// Saying no is final, so it asks once more; a reason is welcome.
function rejecting(view, outcome, problem, verb) {
  const open = el("button", { type: "button", class: "button" }, verb);
  open.addEventListener("click", () => {
    const reason = el("input", { type: "text", id: "reject-reason", maxlength: "500", autocomplete: "off" });
    const sure = acting("Reject for good", problem, "It was not rejected", async () => {
      await decide(outcome.digest, "reject", { reason: reason.value });
      announce("Rejected");
      await step(view);
    });
    const back = el("button", { type: "button", class: "button", onclick: () => (problem.replaceChildren(), open.focus()) }, "Leave it open");
    problem.replaceChildren(el("div", { class: "reject" }, el("p", {}, "A rejected plan can never be applied. Whoever wants it after all plans anew."), el("label", { for: "reject-reason" }, "Reason, for whoever planned it"), reason, el("div", { class: "effect-buttons start" }, sure, back)));
    reason.focus();
  });
  return open;
}

function acting(words, problem, title, work) {
  const button = el("button", { type: "button", class: "button primary" }, words);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      button.disabled = false;
      problem.replaceChildren(failed(title, error));
    }
  });
  return button;
}

const running = (_view, { job, job_state: state, result }) => [el("div", { class: "callout" }, el("p", { class: "callout-title" }, "It is being done"), progress(result), job && el("p", {}, `Its job is ${state || "under way"}: `, el("a", { href: `/jobs/${job}` }, el("code", {}, job)), "."))];

function done(_view, { receipt, result, job }) {
  return [
    el(
      "div",
      { class: "callout decision" },
      el("p", { class: "callout-title" }, "Done"),
      receipt
        ? el("p", {}, "Applied ", when(receipt.at), " by ", entityLink(receipt.by), receipt.approved_by?.length > 0 && [", approved by ", receipt.approved_by.map((who, at) => [at ? ", " : "", entityLink(who)])], ". Audit row ", el("code", { class: "hash" }, receipt.audit), ".")
        : el("p", {}, "It took effect once; applying it again does nothing."),
      job && el("p", {}, "Its job: ", el("a", { href: `/jobs/${job}` }, el("code", {}, job)), "."),
      progress(result) ?? (result && el("details", { class: "fold" }, el("summary", {}, "Result"), jsonTable(result, { caption: "Result" }))),
    ),
  ];
}

const TITLES = { refused: "Refused: something it was planned for has moved", rejected: "Rejected", expired: "Expired", failed: "Failed", lost: "Lost: nobody knows how far it came" };

const ended = (_view, { status, reason, job, result }) => [
  el("div", { class: `callout ${status === "expired" ? "" : "error"}` }, el("p", { class: "callout-title" }, TITLES[status]), reason && el("p", {}, sentence(reason)), progress(result), job && el("p", {}, "Its job: ", el("a", { href: `/jobs/${job}` }, el("code", {}, job)), "."), el("p", { class: "muted" }, "Whoever wants this effect plans anew.")),
];

const sentence = (text = "") => (text ? `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "");

function unread(view, error) {
  view.page.setAttribute("aria-busy", "false");
  if (view.parts) {
    announce(`The plan could not be read: ${error.message}`);
    return;
  }
  view.page.replaceChildren(error.status === 404 ? missing("There is no such plan", [el("code", { class: "hash" }, view.digest), " does not exist, or is neither yours nor yours to decide on."], el("a", { href: "/plans" }, "See the plans")) : failed("The plan could not be read", error, () => location.reload()));
}
