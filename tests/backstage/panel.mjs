// Drives the panel in a real portal with Chromium and prints what it saw as JSON; test_panel.py starts it and judges.
//
//   node panel.mjs '{"base": "http://…", "tools": "folder of node_modules", "chromium": "…", "out": "…", "question": "…",
//                     "passphrase": "…"}'

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { base, tools, chromium: executablePath, out, question, passphrase } = JSON.parse(process.argv[2]);
const require = createRequire(`${tools}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const SOURCE = /^Source 1/;

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const pageOf = async (user, options = {}) => {
  const context = await browser.newContext({ extraHTTPHeaders: { "x-forwarded-user": user }, ...options });
  context.setDefaultTimeout(60_000);
  return context.newPage();
};

async function ask(page) {
  await page.goto(`${base}/cuebook`); // leads to its first tab
  await page.getByRole("textbox").fill(question);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: SOURCE }).waitFor();
}

async function citation() {
  const page = await pageOf("ada");
  await ask(page);
  const answer = await page.getByRole("article").innerText();
  await page.getByRole("link", { name: SOURCE }).click();
  const heading = page.getByRole("heading", { name: "Restart a replica" });
  await heading.waitFor();
  await page.waitForFunction(() => window.scrollY >= 0 && document.readyState === "complete");
  await page.screenshot({ path: `${out}/citation.png` });
  return { answer, address: page.url(), heading: await heading.innerText() };
}

async function thumbs() {
  const page = await pageOf("ada");
  await ask(page);
  await page.getByRole("button", { name: "It helped" }).click();
  await page.getByText("Thank you.").waitFor();
  return "kept";
}

async function jobs(page) {
  await page.goto(`${base}/cuebook/jobs`);
  await page.getByRole("button", { name: "Show the log" }).first().click();
  await page.getByText("The log ends here.").waitFor();
}

async function plans(page) {
  await page.goto(`${base}/cuebook/plans`);
  await page.getByRole("article").filter({ hasText: "waiting" }).first().getByRole("button", { name: "Show the plan" }).click();
  await page.getByText("It will not", { exact: true }).waitFor();
}

const waiting = page => page.getByRole("region", { name: "Waiting for your decision" });

async function approving(page) {
  await page.goto(`${base}/cuebook/plans`);
  await waiting(page).getByRole("article").first().getByRole("button", { name: "Show the plan" }).click();
  await page.getByRole("button", { name: "Approve" }).waitFor();
}

// Bob decides about a plan of Ada's, once with a wrong passphrase; then she applies it.
async function approval() {
  const page = await pageOf("bob");
  await page.goto(`${base}/cuebook/plans`);
  const card = waiting(page).getByRole("article").filter({ hasText: "item_knn" });
  await card.getByRole("button", { name: "Show the plan" }).click();
  const field = card.getByLabel(/^Passphrase of user:default\/bob/);
  const status = card.getByRole("group").getByRole("status");
  const decide = async secret => {
    await field.fill(secret);
    await card.getByRole("button", { name: "Approve" }).click();
    await status.filter({ hasText: /./ }).waitFor();
    return status.innerText();
  };
  await field.waitFor();
  const shown = await card.innerText();
  const refused = await decide("no green bottles");
  await page.screenshot({ path: `${out}/refused.png`, fullPage: true });
  await field.fill(passphrase);
  const answered = page.waitForResponse(/\/approve$/);
  await card.getByRole("button", { name: "Approve" }).click();
  const decided = `The plan is ${(await (await answered).json()).status}.`;
  await card.waitFor({ state: "detached" });
  return { shown, refused, decided, applied: await applied() };
}

async function applied() {
  const page = await pageOf("ada");
  await page.goto(`${base}/cuebook/plans`);
  const card = page.getByRole("article").filter({ hasText: "item_knn" });
  await card.getByRole("button", { name: "Show the plan" }).click();
  await card.getByRole("button", { name: "Apply" }).click();
  await card.filter({ hasText: /running|done/ }).waitFor();
  return card.innerText();
}

// The job that was launched, to the end of its log.
async function log() {
  const page = await pageOf("ada");
  await jobs(page);
  return page.getByRole("article").first().innerText();
}

// A plan that waits: all that it would do is shown, nothing here approves it, and its maker takes it back.
async function takenBack() {
  const page = await pageOf("ada");
  await plans(page);
  const plan = page.getByRole("article").filter({ hasText: "waiting" }).first();
  const shown = await plan.innerText();
  const approve = await page.getByRole("button", { name: /approve/i }).count();
  await plan.getByRole("button", { name: "Take back" }).click();
  await page.getByRole("article").filter({ hasText: "rejected" }).first().waitFor();
  return { shown, approve };
}

// Each tab in both themes and widths: what is wrong by axe, and whether the page is wider than its window.
async function looks() {
  const found = [];
  const tabs = Object.entries({ ask, jobs, plans, approving });
  for (const [[tab, open], [width, viewport]] of tabs.flatMap(each => Object.entries(WIDTHS).map(wide => [each, wide]))) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await pageOf(tab === "approving" ? "bob" : "ada", { viewport, colorScheme });
      await open(page);
      await page.screenshot({ path: `${out}/${tab}-${width}-${colorScheme}.png`, fullPage: true });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document.querySelector("article").parentElement));
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      found.push({
        state: `${tab} ${width} ${colorScheme}`,
        serious: serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`),
        theme: await page.evaluate(() => document.body.dataset.themeMode ?? document.documentElement.dataset.themeMode ?? ""),
        sideways: await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth),
      });
      await page.context().close();
    }
  }
  return found;
}

const seen = {
  citation: await citation(),
  thumbs: await thumbs(),
  log: await log(),
  approval: await approval(),
  looks: await looks(),
  plan: await takenBack(), // last: the looks need one that waits
};
await browser.close();
console.log(JSON.stringify(seen));
