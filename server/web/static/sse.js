// Reads a server-sent event stream of a fetch body (EventSource can only GET).
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

/** Yields `{ event, data }` for each dispatched event of a ReadableStream of bytes. */
export async function* serverSentEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer = (buffer + value).replace(/\r\n/g, "\n");
      const parts = buffer.split("\n\n");
      buffer = parts.pop();
      yield* parts.map(event).filter(({ data }) => data);
    }
  } finally {
    await reader.cancel().catch(() => {}); // an aborted stream is closed already
  }
}

function event(block) {
  const found = { event: "message", data: [] };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue; // a comment, or a field without a value
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (line.startsWith("event:")) found.event = value;
    if (line.startsWith("data:")) found.data.push(value);
  }
  return { event: found.event, data: found.data.join("\n") };
}
