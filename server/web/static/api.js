// The REST API as functions. Every failure is an `ApiError` whose message can be shown.

import { signIn } from "./signin.js";
import { serverSentEvents } from "./sse.js";

/**
 * `status` is the HTTP status, 0 when the server was not reached. `code` names the kind of failure, `details` are
 * its parts, `retryAfter` the seconds after which trying again makes sense.
 */
export class ApiError extends Error {
  constructor(message, { status = 0, code = "", details = {}, retryAfter = 0 } = {}) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, code, details, retryAfter });
  }
}

/** The JSON of `path`, with `query` (null, undefined and "" left out). */
export async function getJson(path, { query = {}, signal } = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => (value ?? "") !== ""));
  const response = await send(`${path}${parameters.size ? `?${parameters}` : ""}`, { signal });
  return response.json();
}

/** Calls the action `name`; resolves to its structured result. */
export function callAction(name, input, { signal } = {}) {
  return postJson(`/api/v1/actions/${name}`, input, { signal });
}

/** Posts `body` to `path`; resolves to the JSON that is answered. */
export async function postJson(path, body, { headers, signal } = {}) {
  return (await post(path, body, { headers, signal })).json();
}

/** Removes what is at `path`. */
export async function remove(path) {
  await send(path, { method: "DELETE" });
}

/** Carries out the plan with this digest, once however often it is called; resolves to what became of it. */
export function applyPlan(digest, { signal } = {}) {
  return postJson(`/api/v1/plans/${encodeURIComponent(digest)}/apply`, {}, { signal });
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

function post(path, body, { headers = {}, signal, accept = "application/json" }) {
  const all = { "content-type": "application/json", accept, ...headers };
  return send(path, { method: "POST", headers: all, body: JSON.stringify(body), signal });
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("Cuebook's server does not answer. Check that it runs, then try again.");
  }
  if (response.ok) return response;
  const error = await problem(response);
  // 401 asks who the reader is, but for the proof of an approver, which is another secret.
  if (error.status === 401 && error.code !== "proof_refused" && (await signIn())) return send(path, options);
  throw error;
}

async function problem(response) {
  const about = { status: response.status, retryAfter: Number(response.headers.get("retry-after")) || 0 };
  const fallback = `The server answered ${response.status}. Try again.`;
  try {
    const { error, detail, message } = await response.json();
    const text = error?.message ?? message ?? detail;
    return new ApiError(typeof text === "string" && text ? text : fallback, { ...about, code: error?.code, details: error?.details });
  } catch {
    return new ApiError(fallback, about);
  }
}
