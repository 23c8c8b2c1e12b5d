// Asks for an access token where the server wants one, and trades it for a cookie that scripts cannot read.
// The token itself is kept nowhere.

import { el } from "./dom.js";

let asking = null;

/** Resolves to true once this browser is signed in, to false when the reader closed the box. One box at a time. */
export function signIn() {
  asking ??= askForToken().finally(() => {
    asking = null;
  });
  return asking;
}

function askForToken() {
  const field = el("input", { type: "password", id: "access-token", autocomplete: "current-password", required: true });
  const problem = el("p", { class: "bad", role: "alert" });
  const form = el(
    "form",
    { class: "sign-in" },
    el("h2", { id: "sign-in-title" }, "Sign in"),
    el("p", {}, "This server answers those who hold an access token. Whoever runs it hands them out."),
    el("label", { for: "access-token" }, "Access token"),
    field,
    problem,
    el("div", { class: "sign-in-buttons" }, el("button", { class: "button primary" }, "Sign in")),
  );
  const dialog = el("dialog", { class: "sheet", "aria-labelledby": "sign-in-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let signedIn = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.textContent = await refusal(field.value);
      signedIn = !problem.textContent;
      if (signedIn) dialog.close();
      else field.select();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(signedIn);
    });
  });
}

// Why the token was not taken, or "".
async function refusal(token) {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/api/v1/session", { method: "POST", headers, body: JSON.stringify({ token }) });
    if (answer.ok) return "";
    return answer.status === 401 ? "The server does not know this token." : `The server answered ${answer.status}. Try again.`;
  } catch {
    return "Cuebook's server does not answer. Check that it runs, then try again.";
  }
}
