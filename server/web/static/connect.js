// "Connect": ready-to-paste configuration of MCP clients.

import { copyButton } from "./copy.js";
import { el } from "./dom.js";

const json = (value) => JSON.stringify(value, null, 2);

function snippets(origin) {
  const url = `${origin}/mcp`;
  return [
    {
      title: "Over HTTP",
      hint: "Cursor and most other clients; they talk to this server.",
      text: json({ mcpServers: { cuebook: { type: "http", url } } }),
    },
    {
      title: "VS Code",
      hint: "In .vscode/mcp.json.",
      text: json({ servers: { cuebook: { type: "http", url } } }),
    },
    { title: "Claude Code", hint: "In a terminal.", text: `claude mcp add --transport http cuebook ${url}` },
    {
      title: "Over stdio",
      hint: "Claude Desktop and other clients that start Cuebook themselves; the command must be on their PATH.",
      text: json({ mcpServers: { cuebook: { command: "cuebook", args: ["mcp"] } } }),
    },
  ];
}

function snippet({ title, hint, text }) {
  return el(
    "section",
    { class: "snippet" },
    el("div", { class: "snippet-head" }, el("h3", {}, title), copyButton(() => text, { name: `Copy: ${title}` })),
    el("p", { class: "muted" }, hint),
    el("pre", { tabindex: "0", role: "region", "aria-label": `Configuration: ${title}` }, el("code", {}, text)),
  );
}

/** Fills `dialog`, opens it with `button` and for the address `#connect`. */
export function connectPanel(dialog, button) {
  dialog.append(
    el(
      "div",
      { class: "sheet-head" },
      el("h2", { id: "connect-title" }, "Connect a client"),
      el("button", { type: "button", class: "icon-button close", "aria-label": "Close", onclick: () => dialog.close() }),
    ),
    el("p", {}, "The same answers and actions are served over MCP. Paste one of these into your client."),
    ...snippets(location.origin).map(snippet),
  );
  const open = () => dialog.open || dialog.showModal();
  button.addEventListener("click", open);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  if (location.hash === "#connect") open();
}
