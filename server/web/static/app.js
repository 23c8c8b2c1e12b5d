// Starts the page: routes, navigation without reloads, keyboard, the state of the index.
//
// A view is `show(main, url, { signal, go })`: it fills `main`, returns the page's title, and stops what it
// started when `signal` aborts. `go(href)` navigates.

import { show as ask } from "./ask.js";
import { show as catalog } from "./catalog.js";
import { show as compare } from "./compare.js";
import { connectPanel } from "./connect.js";
import { el } from "./dom.js";
import { show as entity } from "./entity.js";
import { show as health } from "./health.js";
import { show as job } from "./job.js";
import { show as jobs } from "./jobs.js";
import { show as model } from "./model.js";
import { show as models } from "./models.js";
import { show as plan } from "./plan.js";
import { show as plans } from "./plans.js";
import { show as search } from "./search.js";
import { showStatus } from "./status.js";

const ROUTES = [
  { path: /^\/$/, name: "ask", show: ask },
  { path: /^\/search\/?$/, name: "search", show: search },
  { path: /^\/catalog\/?$/, name: "catalog", show: catalog },
  { path: /^\/catalog\/[^/]+\/[^/]+\/[^/]+\/?$/, name: "catalog", show: entity },
  { path: /^\/docs-health\/?$/, name: "docs-health", show: health },
  { path: /^\/models\/?$/, name: "models", show: models },
  { path: /^\/models\/compare\/?$/, name: "models", show: compare },
  { path: /^\/models\/[^/]+(\/[^/]+)?\/?$/, name: "models", show: model },
  { path: /^\/jobs\/?$/, name: "jobs", show: jobs },
  { path: /^\/jobs\/[^/]+\/?$/, name: "jobs", show: job },
  { path: /^\/plans\/?$/, name: "plans", show: plans },
  { path: /^\/plans\/[^/]+\/?$/, name: "plans", show: plan },
];

const main = document.getElementById("main");
let leaving = new AbortController();

const routeOf = (url) => ROUTES.find(({ path }) => path.test(url.pathname));

function render({ focus }) {
  leaving.abort();
  leaving = new AbortController();
  const url = new URL(location.href);
  const route = routeOf(url);
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === route?.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.replaceChildren();
  const title = (route?.show ?? notFound)(main, url, { signal: leaving.signal, go });
  document.title = title ? `${title} · Cuebook` : "Cuebook";
  if (focus) {
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function notFound(outlet, url) {
  outlet.append(
    el(
      "div",
      { class: "empty" },
      el("h1", { class: "empty-title" }, "There is no such page"),
      el("p", {}, "Nothing is at ", el("code", {}, url.pathname), "."),
      el("p", {}, el("a", { href: "/" }, "Ask a question"), " or ", el("a", { href: "/catalog" }, "browse the catalog"), "."),
    ),
  );
  return "Not found";
}

function go(href) {
  history.pushState(null, "", href);
  render({ focus: true });
}

function followInside(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || link.target) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.hash || !routeOf(url)) return;
  event.preventDefault();
  go(url.href);
}

function focusQuestion(event) {
  const typing = event.target.closest?.("input, textarea, select, dialog[open]");
  if (event.key !== "/" || typing || event.metaKey || event.ctrlKey || event.altKey) return;
  const field = document.querySelector("[data-slash]");
  if (!field) return;
  event.preventDefault();
  field.focus();
}

document.addEventListener("click", followInside);
document.addEventListener("keydown", focusQuestion);
window.addEventListener("popstate", () => render({ focus: false }));
connectPanel(document.getElementById("connect"), document.getElementById("connect-open"));
showStatus(document.getElementById("status"), document.getElementById("notice"));
render({ focus: false });
