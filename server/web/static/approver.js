// Deciding as a person: a name and a passphrase give a short session, a cookie that no script can read, and a token
// that each decision repeats. The passphrase is sent once and kept nowhere. Signing in decides nothing.

import { getJson, postJson, remove } from "./api.js";
import { announce, el } from "./dom.js";
import { clock } from "./facts.js";
import { shortRef } from "./format.js";

const SESSION = "/api/v1/approver/session";
const NOBODY = { approver: null, csrf: null, expires_at: null, possible: false };
let session = NOBODY;

/** Asks the server who is signed in to approve; a page that was loaded anew does not know. */
export async function knowApprover({ signal } = {}) {
  session = await getJson(SESSION, { signal });
}

/** Whether an approver is signed in on this page. */
export const mayApprove = () => session.approver !== null && Date.parse(session.expires_at) > Date.now();

/** Approves or rejects (`verb`) the plan with this digest. Whoever planned it may reject it without being signed in. */
export function decide(digest, verb, body = {}) {
  const headers = mayApprove() ? { "X-Cuebook-CSRF": session.csrf } : {};
  return postJson(`/api/v1/plans/${encodeURIComponent(digest)}/${verb}`, body, { headers });
}

/** Says who decides on this page, with a way to sign in or out; `changed()` is called after either. */
export function approverBar({ changed }) {
  const bar = el("div", { class: "approver" });
  const again = () => {
    bar.replaceChildren(...contents(again, changed));
  };
  again();
  return bar;
}

function contents(again, changed) {
  const after = () => {
    again();
    changed();
  };
  if (mayApprove()) {
    const out = el("button", { type: "button", class: "button small", onclick: () => leave().then(after) }, "Sign out");
    return [el("span", {}, "You decide as ", el("strong", {}, shortRef(session.approver)), " until ", clock(session.expires_at), "."), out];
  }
  if (!session.possible) return [el("span", { class: "muted" }, "Nobody can approve here yet: whoever runs this server adds an approver with ", el("code", {}, "cuebook approvers add NAME"), ".")];
  return [el("button", { type: "button", class: "button", onclick: () => signIn().then((signedIn) => signedIn && after()) }, "Sign in to approve")];
}

async function leave() {
  await remove(SESSION);
  session = { ...NOBODY, possible: session.possible };
  announce("Signed out");
}

function signIn() {
  const name = el("input", { type: "text", id: "approver-name", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });
  const passphrase = el("input", { type: "password", id: "approver-passphrase", autocomplete: "off", required: true });
  const problem = el("p", { class: "bad", role: "alert" });
  const enter = el("button", { class: "button primary" }, "Sign in");
  const form = el(
    "form",
    { class: "sign-in" },
    el("h2", { id: "approver-title" }, "Sign in to approve"),
    el("p", {}, "Your passphrase is sent to this server once and kept nowhere. The session ends after 15 minutes. Signing in approves nothing."),
    el("label", { for: "approver-name" }, "Name"),
    name,
    el("label", { for: "approver-passphrase" }, "Passphrase"),
    passphrase,
    problem,
  );
  const dialog = el("dialog", { class: "sheet", "aria-labelledby": "approver-title" }, form);
  form.append(el("div", { class: "effect-buttons" }, el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Not now"), enter));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      begin({ name, passphrase, problem, enter, dialog });
    });
    dialog.addEventListener("close", () => {
      passphrase.value = "";
      dialog.remove();
      resolve(mayApprove());
    });
  });
}

async function begin({ name, passphrase, problem, enter, dialog }) {
  enter.disabled = true;
  problem.textContent = "";
  const secret = passphrase.value;
  passphrase.value = "";
  try {
    session = await postJson(SESSION, { name: name.value.trim(), passphrase: secret });
    announce("Signed in");
    dialog.close();
  } catch (error) {
    problem.textContent = error.message;
    passphrase.focus();
  } finally {
    enter.disabled = false;
  }
}
