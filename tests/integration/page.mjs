// Drives the page with Chromium and prints what it saw as JSON; test_page.py starts it and judges.
//
//   node page.mjs '{"base": "http://…", "tools": "folder of node_modules", "chromium": "…", "out": "…",
//                   "questions": {"answered": "…", "followUp": "…", "unanswered": "…"}, "entity": "/catalog/…"}'

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { base, tools, chromium: executablePath, out, questions, entity } = JSON.parse(process.argv[2]);
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
      await page.screenshot({ path: `${out}/${name}-${size}-${theme}.png`, fullPage: !["ask-source", "connect"].includes(name) });
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
  seen.cite = await cite();
  seen.followUp = await followUp();
  seen.stop = await stop();
  seen.retry = await retry();
  seen.filter = await filter();
  seen.theme = await theme();
  seen.render = await render(JSON.parse(process.argv[3]));
  for (const [name, lead] of Object.entries(STATES)) await look(name, lead);
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(seen));
