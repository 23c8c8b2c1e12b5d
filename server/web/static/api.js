// The REST API as functions. Every failure is an `ApiError` whose message can be shown.

import { signIn } from "./signin.js";
import { serverSentEvents } from "./sse.js";

/** `status` is the HTTP status, 0 when the server was not reached. */
export class ApiError extends Error {
  constructor(message, { status = 0 } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** The JSON of `path`, with `query` (null, undefined and "" left out). */
export async function getJson(path, { query = {}, signal } = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => (value ?? "") !== ""));
  const response = await send(`${path}${parameters.size ? `?${parameters}` : ""}`, { signal });
  return response.json();
}

/** Calls the action `name`; resolves to its structured result. */
export async function callAction(name, input, { signal } = {}) {
  return (await post(`/api/v1/actions/${name}`, input, { signal })).json();
}

/**
 * Asks and yields `{ type, ...fields }` as the answer arrives: `retrieved`, `text`, `citation`, `done`.
 * An `error` event and a stream that ends before `done` are thrown.
 */
export async function* ask(input, { signal } = {}) {
  const response = await post("/api/v1/ask/stream", input, { signal, accept: "text/event-stream" });
  for await (const { event, data } of serverSentEvents(response.body)) {
    const fields = JSON.parse(data);
    if (event === "error") throw new ApiError(fields.message ?? "The answer could not be finished.", { status: 200 });
    yield { ...fields, type: event };
    if (event === "done") return;
  }
  throw new ApiError("The connection ended before the answer was complete.");
}

function post(path, body, { signal, accept = "application/json" }) {
  const headers = { "content-type": "application/json", accept };
  return send(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("Cuebook's server does not answer. Check that it runs, then try again.");
  }
  if (response.status === 401 && (await signIn())) return send(path, options);
  if (!response.ok) throw new ApiError(await reason(response), { status: response.status });
  return response;
}

async function reason(response) {
  const fallback = `The server answered ${response.status}. Try again.`;
  try {
    const { error, detail, message } = await response.json();
    const text = error?.message ?? message ?? detail;
    return typeof text === "string" && text ? text : fallback;
  } catch {
    return fallback;
  }
}
