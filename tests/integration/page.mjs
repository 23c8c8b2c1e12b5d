// Drives the page with Chromium and prints what it saw as JSON; test_page.py starts it and judges.
//
//   node page.mjs '{"base": "http://…", "tools": "folder of node_modules", "chromium": "…", "out": "…",
//                   "questions": {"answered": "…", "followUp": "…", "unanswered": "…"}, "entity": "/catalog/…",
//                   "jobs": {"done": "job-…", "slow": "job-…"}, "plans": {"approve": "digest", "reject": "digest"},
//                   "approver": {"name": "…", "passphrase": "…"}}'

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { base, tools, chromium: executablePath, out, questions, entity, jobs, plans, approver } = JSON.parse(process.argv[2]);
const require = createRequire(`${tools}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const THEMES = ["light", "dark"];
const asking = (question) => `${base}/?${new URLSearchParams({ q: question })}`;

// Each state leads a fresh page to something worth seeing.
const STATES = {
  "ask-empty": async (page) => {
    await page.goto(base);
    await page.waitForSelector(".examples a");
  },
  "ask-waiting": async (page) => {
    await page.route("**/ask/stream", () => {}); // never answered
    await page.goto(asking(questions.answered));
    await page.waitForSelector(".progress");
  },
  "ask-answered": async (page) => {
    await page.goto(asking(questions.answered));
    await page.waitForSelector(".verdict");
  },
  "ask-source": async (page) => {
    await page.goto(asking(questions.answered));
    await page.waitForSelector(".verdict");
    await page.click("button.cite");
    await page.waitForSelector(".preview");
  },
  "ask-abstained": async (page) => {
    await page.goto(asking(questions.unanswered));
    await page.waitForSelector(".abstained");
  },
  "ask-failed": async (page) => {
    await page.route("**/ask/stream", (route) => route.abort());
    await page.goto(asking(questions.answered));
    await page.waitForSelector(".callout.error");
  },
  search: async (page) => {
    await page.goto(`${base}/search?${new URLSearchParams({ q: questions.answered })}`);
    await page.waitForSelector(".passage-list li");
  },
  catalog: async (page) => {
    await page.goto(`${base}/catalog`);
    await page.waitForSelector(".entity-row");
  },
  "docs-health": async (page) => {
    await page.goto(`${base}/docs-health`);
    await page.waitForSelector(".job-row");
  },
  "catalog-nothing": async (page) => {
    await page.goto(`${base}/catalog?q=nothing-is-called-this`);
    await page.waitForSelector(".empty");
  },
  "catalog-failed": async (page) => {
    await page.route("**/api/v1/entities*", (route) => route.abort());
    await page.goto(`${base}/catalog`);
    await page.waitForSelector(".callout.error");
  },
  entity: async (page) => {
    await page.goto(base + entity);
    await page.waitForSelector(".diagram svg");
  },
  "entity-missing": async (page) => {
    await page.goto(`${base}/catalog/component/default/no-such-thing`);
    await page.waitForSelector(".empty");
  },
  docs: async (page) => {
    await page.goto(base + entity);
    await page.click(".doc-list a");
    await page.waitForSelector(".doc-page h1");
  },
  models: async (page) => {
    await page.goto(`${base}/models`);
    await page.waitForSelector(".model-table");
  },
  "models-unjudged": async (page) => {
    await page.goto(`${base}/models?judged=false`);
    await page.waitForSelector(".unjudged");
  },
  "models-nothing": async (page) => {
    await page.goto(`${base}/models?text=nothing-is-called-this`);
    await page.waitForSelector(".empty");
  },
  "models-failed": async (page) => {
    await page.route("**/actions/query_model_catalog", (route) => route.abort());
    await page.goto(`${base}/models`);
    await page.waitForSelector(".callout.error");
  },
  model: async (page) => {
    await page.goto(`${base}/models/pipeline/production`);
    await page.waitForSelector(".diagram svg");
  },
  "model-preview": async (page) => {
    await page.goto(`${base}/models/pipeline/1?${new URLSearchParams({ user: "user-00057", k: "5" })}`);
    await page.waitForSelector(".slate");
  },
  "model-missing": async (page) => {
    await page.goto(`${base}/models/no-such-thing/1`);
    await page.waitForSelector(".empty");
  },
  compare: async (page) => {
    await page.goto(`${base}/models/compare?a=als:1&b=pipeline:1`);
    await page.waitForSelector(".comparison .chart");
  },
  "compare-refused": async (page) => {
    await page.route("**/actions/compare_models", (route) => route.fulfill({ status: 422, json: { error: { code: "not_comparable", message: "als:1 was judged by loo-full, pipeline:1 by holdout-random", details: {} } } }));
    await page.goto(`${base}/models/compare?a=als:1&b=pipeline:1`);
    await page.waitForSelector(".callout.error");
  },
  jobs: async (page) => {
    await page.goto(`${base}/jobs`);
    await page.waitForSelector(".job-row");
  },
  "jobs-nothing": async (page) => {
    await page.goto(`${base}/jobs?state=lost`);
    await page.waitForSelector(".empty");
  },
  "jobs-refused": async (page) => {
    await page.route("**/actions/list_jobs", (route) => route.fulfill({ status: 403, json: { error: { code: "not_allowed", message: "list_jobs needs the scope jobs:read", details: {} } } }));
    await page.goto(`${base}/jobs`);
    await page.waitForSelector(".callout.warning");
  },
  "jobs-failed": async (page) => {
    await page.route("**/actions/list_jobs", (route) => route.abort());
    await page.goto(`${base}/jobs`);
    await page.waitForSelector(".callout.error");
  },
  job: async (page) => {
    await page.goto(`${base}/jobs/${jobs.done}`);
    await page.waitForSelector(".log-state.complete");
  },
  "job-missing": async (page) => {
    await page.goto(`${base}/jobs/job-000000000000000000000000`);
    await page.waitForSelector(".empty");
  },
  "job-ending": async (page) => {
    await page.goto(`${base}/jobs/${jobs.slow}`);
    await page.click("text=End this job");
    await page.waitForSelector("dialog .plan-card");
  },
  plans: async (page) => {
    await page.goto(`${base}/plans`);
    await page.waitForSelector(".job-row");
  },
  "plans-approver": async (page) => {
    await page.goto(`${base}/plans`);
    await signIn(page, approver.passphrase);
    await page.waitForSelector("[aria-labelledby=plans-waiting] .job-row");
  },
  plan: async (page) => {
    await page.goto(`${base}/plans/${plans.approve}`);
    await page.click(".file summary:has-text('train.toml')");
    await page.waitForSelector(".file[open] pre");
  },
  "plan-refused": async (page) => {
    await page.goto(`${base}/plans/${plans.approve}`);
    await signIn(page, "not the passphrase");
    await page.waitForSelector(".sign-in .bad:not(:empty)");
  },
  "plan-deciding": async (page) => {
    await page.goto(`${base}/plans/${plans.approve}`);
    await signIn(page, approver.passphrase);
    await page.click("text=Reject it");
    await page.waitForSelector("#reject-reason");
  },
  "plan-missing": async (page) => {
    await page.goto(`${base}/plans/${"0".repeat(64)}`);
    await page.waitForSelector(".empty");
  },
  connect: async (page) => {
    await page.goto(base);
    await page.click("#connect-open");
    await page.waitForSelector("dialog[open]");
  },
};

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic"] });
const seen = { states: {}, console: [] };

async function open({ size = "desk", theme = "light" } = {}) {
  const phone = size === "phone";
  const context = await browser.newContext({ viewport: WIDTHS[size], colorScheme: theme, isMobile: phone, hasTouch: phone, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => seen.console.push(error.message));
  // Failed requests are provoked; what the policy refuses and scripts throw is not.
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource/.test(message.text()) && seen.console.push(message.text()));
  return page;
}

async function violations(page, rules) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate((runOnly) => globalThis.axe.run({ resultTypes: ["violations"], ...(runOnly && { runOnly }) }), rules);
  return found.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
}

async function look(name, lead) {
  for (const size of Object.keys(WIDTHS)) {
    const page = await open({ size });
    await lead(page);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      await page.screenshot({ path: `${out}/${name}-${size}-${theme}.png`, fullPage: !["ask-source", "connect", "job-ending", "plan-refused"].includes(name) });
      // Themes differ in colours only.
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      seen.states[`${name} ${size} ${theme}`] = { overflow, violations: await violations(page, theme === "dark" ? ["color-contrast"] : null) };
    }
    await page.context().close();
  }
}

// Ask, follow the first source to its heading, come back.
async function cite() {
  const page = await open();
  let asked = 0;
  page.on("request", (request) => request.url().endsWith("/ask/stream") && (asked += 1));
  await page.goto(base);
  await page.waitForSelector(".examples a");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("/");
  await page.keyboard.type(questions.answered);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".verdict");
  const address = page.url();
  await page.click("button.cite");
  const quote = await page.textContent(".preview blockquote");
  const expanded = await page.getAttribute("button.cite", "aria-expanded");
  await page.click(".preview-open");
  await page.waitForSelector(".doc-page :target");
  const landed = await page.evaluate(() => {
    const heading = document.querySelector(".doc-page :target");
    const { top, bottom } = heading.getBoundingClientRect();
    const covered = document.querySelector(".page-head").getBoundingClientRect().bottom;
    return { heading: heading.firstChild.textContent.trim(), inView: top >= covered && bottom <= innerHeight };
  });
  await page.goBack();
  await page.waitForSelector(".verdict");
  const kept = asked === 1;
  await page.context().close();
  return { address, quote, expanded, landed, kept };
}

async function followUp() {
  const page = await open();
  const sent = [];
  page.on("request", (request) => request.url().endsWith("/ask/stream") && sent.push(request.postDataJSON()));
  await page.goto(asking(questions.answered));
  await page.waitForSelector(".verdict");
  await page.fill("#question", questions.followUp);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".turn:nth-of-type(2) :is(.verdict, .abstained)");
  const shared = new URL(page.url()).searchParams.getAll("q");
  await page.context().close();
  return { sent, shared };
}

async function stop() {
  const page = await open();
  await page.route("**/ask/stream", () => {});
  await page.goto(asking(questions.answered));
  await page.waitForSelector(".progress");
  await page.keyboard.press("Escape");
  await page.waitForSelector('.turn[data-state="stopped"]');
  const again = await page.isVisible("text=Ask again");
  await page.context().close();
  return { again };
}

async function retry() {
  const page = await open();
  let failures = 1;
  await page.route("**/ask/stream", (route) => (failures-- > 0 ? route.abort() : route.continue()));
  await page.goto(asking(questions.answered));
  await page.click(".callout.error button");
  await page.waitForSelector(".verdict");
  await page.context().close();
  return { answered: true };
}

async function filter() {
  const page = await open();
  await page.goto(`${base}/catalog`);
  await page.waitForSelector(".entity-row");
  const all = await page.locator(".entity-row").count();
  await page.selectOption("#filter-kind", "group");
  await page.waitForFunction((before) => document.querySelectorAll(".entity-row").length < before, all);
  const kinds = await page.locator(".entity-row .kind").allTextContents();
  const address = page.url();
  await page.context().close();
  return { all, kinds, address };
}

// Opens a passage that is cut off, and folds it again.
async function clipped() {
  const page = await open();
  await page.goto(`${base}/search?${new URLSearchParams({ q: questions.answered })}`);
  const box = page.locator(".passage-text.cut").first();
  await box.waitFor();
  const text = page.locator(".passage-text").nth(await box.evaluate((one) => [...document.querySelectorAll(".passage-text")].indexOf(one)));
  const button = page.locator(".show-rest:visible").first();
  const heights = () => text.evaluate((one) => ({ shown: one.clientHeight, whole: one.scrollHeight }));
  const before = await heights();
  await button.click();
  const opened = { ...(await heights()), expanded: await button.getAttribute("aria-expanded") };
  await button.click();
  const after = await heights();
  await page.context().close();
  return { before, opened, after };
}

// Ranks the models, chooses two, compares them.
async function models() {
  const page = await open();
  await page.goto(`${base}/models`);
  await page.waitForSelector(".model-table");
  const rows = () => page.locator(".model-table tbody tr").evaluateAll((all) => all.map((row) => ({ ref: row.querySelector(".model-name").textContent, value: row.querySelector(".number").firstChild.textContent, drawn: Boolean(row.querySelector("svg .interval")) })));
  const best = await rows();
  await page.selectOption("#filter-kind", "als");
  await page.waitForFunction(() => document.querySelectorAll(".model-table tbody tr").length === 1);
  const address = page.url();
  await page.selectOption("#filter-kind", "");
  await page.waitForFunction(() => document.querySelectorAll(".model-table tbody tr").length > 1);
  await page.check("[aria-label='Compare als:1']");
  await page.check("[aria-label='Compare pipeline:1']");
  await page.click("text=Compare these two");
  await page.waitForSelector(".comparison .chart");
  const compared = { address: page.url(), title: await page.textContent("#differences"), higher: await page.locator(".comparison section .chart tbody tr td:last-child").allTextContents() };
  compared.slices = await page.locator("section[aria-labelledby=slices] tbody th").evaluateAll((all) => all.map((name) => name.firstChild.textContent));
  await page.goto(`${base}/models`);
  await page.click("a[href='/models?judged=false']");
  await page.waitForSelector(".unjudged");
  const unjudged = await page.locator(".unjudged tbody tr").evaluateAll((all) => all.map((row) => row.innerText));
  await page.context().close();
  return { best, address, compared, unjudged };
}

// Asks a pipeline for a user and reads who proposed what, then for one that there is not.
async function previewed() {
  const page = await open();
  await page.goto(`${base}/models/pipeline/production`);
  await page.fill("#preview-user", "user-00057");
  await page.fill("#preview-k", "5");
  await page.click(".preview-form .button.primary");
  await page.waitForSelector(".slate");
  const slate = await page.locator(".slate tbody tr").evaluateAll((rows) => rows.map((row) => ({ title: row.querySelector(".item-title").textContent, sources: row.querySelectorAll(".proposals li").length })));
  const rules = await page.locator(".rule-list code").allTextContents();
  const address = page.url();
  await page.fill("#preview-user", "nobody");
  await page.keyboard.press("Enter");
  const refusal = await page.textContent(".preview-results .callout.error");
  await page.context().close();
  return { slate, rules, address, refusal };
}

// Watches a job print, pauses, declines to end it, ends it.
async function endJob() {
  const page = await open();
  const calls = [];
  page.on("request", (request) => calls.push(request.url().split("/api/v1/")[1]));
  const reads = () => calls.filter((name) => name === "actions/read_job_log").length;
  await page.goto(`${base}/jobs/${jobs.slow}`);
  await page.waitForSelector(".stages li");
  const printed = await page.textContent(".log");
  await page.click("text=Pause");
  const paused = await page.textContent(".log-state");
  const before = reads();
  await page.waitForTimeout(5_000); // longer than a log that stands still waits for
  const readWhilePaused = reads() - before;
  await page.click("text=Resume");
  await page.click("text=End this job");
  await page.waitForSelector("dialog .plan-card");
  const shown = await page.textContent("dialog[open]");
  await page.click("text=Leave it running");
  const declined = { applied: calls.some((name) => name?.endsWith("/apply")), state: await page.textContent(".job .state") };
  await page.click("text=End this job");
  await page.waitForSelector("dialog .plan-card");
  await page.click("dialog .button.primary");
  await page.waitForSelector(".job .state.cancelled");
  const button = await page.isVisible("text=End this job");
  await page.waitForSelector(".log-state.complete");
  await page.context().close();
  return { printed, paused, readWhilePaused, shown, declined, button };
}

async function signIn(page, passphrase) {
  await page.click("text=Sign in to approve");
  await page.fill("#approver-name", approver.name);
  await page.fill("#approver-passphrase", passphrase);
  await page.click("dialog[open] .button.primary");
}

// Reads a plan to the last file, is refused with a wrong passphrase, approves, applies.
async function approve() {
  const page = await open();
  const decisions = [];
  page.on("request", (request) => /\/(approve|reject|apply)$/.test(request.url()) && decisions.push({ verb: request.url().split("/").at(-1), confirmed: Boolean(request.headers()["x-cuebook-csrf"]) }));
  await page.goto(`${base}/plans/${plans.approve}`);
  await page.waitForSelector(".plan-card");
  const will = await page.locator(".plan-lines ol li").allTextContents();
  const file = await page.locator("pre[aria-label='train.toml']").textContent();
  const offeredBefore = await page.isVisible("text=Approve this plan");
  await signIn(page, "not the passphrase");
  await page.waitForSelector(".sign-in .bad:not(:empty)");
  const left = await page.inputValue("#approver-passphrase");
  await page.fill("#approver-passphrase", approver.passphrase);
  await page.click("dialog[open] .button.primary");
  await page.waitForSelector("text=Approve this plan");
  const decidedBySigningIn = decisions.length;
  const words = await page.textContent(".decision");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state]) + document.documentElement.outerHTML);
  await page.click("text=Approve this plan");
  await page.waitForSelector(".plan .state.approved");
  await page.click("text=Apply now");
  await page.waitForSelector(".plan .state.done");
  const receipt = await page.textContent(".decision");
  await page.context().close();
  return { will, file, offeredBefore, left, decidedBySigningIn, words, kept: kept.includes(approver.passphrase), decisions, receipt };
}

// Takes a plan of one's own back, for a reason.
async function takeBack() {
  const page = await open();
  await page.goto(`${base}/plans/${plans.reject}`);
  await page.click("text=Take it back");
  await page.fill("#reject-reason", "the other one will do");
  await page.click("text=Reject for good");
  await page.waitForSelector(".plan .state.rejected");
  const shown = await page.textContent(".plan-next");
  await page.context().close();
  return { shown };
}

async function theme() {
  const page = await open();
  await page.goto(base);
  const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.click("[data-theme-toggle]");
  await page.goto(`${base}/catalog`);
  const after = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.context().close();
  return { before, after };
}

// What the renderer makes of hostile and of awkward Markdown.
async function render(sources) {
  const page = await open();
  await page.goto(base);
  const found = await page.evaluate(async (given) => {
    const { markdown } = await import("/static/markdown.js");
    return given.map((source) => {
      const box = document.createElement("div");
      box.append(markdown(source, { cite: (number) => (number === 1 ? document.createElement("sup") : null), still: true }));
      return box.innerHTML;
    });
  }, sources);
  await page.context().close();
  return found;
}

mkdirSync(out, { recursive: true });
try {
  await look("job-ending", STATES["job-ending"]); // first: the job ends by itself after a minute
  seen.endJob = await endJob();
  delete STATES["job-ending"];
  seen.cite = await cite();
  seen.followUp = await followUp();
  seen.stop = await stop();
  seen.retry = await retry();
  seen.filter = await filter();
  seen.clipped = await clipped();
  seen.models = await models();
  seen.preview = await previewed();
  seen.theme = await theme();
  seen.render = await render(JSON.parse(process.argv[3]));
  for (const [name, lead] of Object.entries(STATES)) await look(name, lead);
  seen.approve = await approve();
  seen.takeBack = await takeBack();
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(seen));
