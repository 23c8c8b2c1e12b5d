/** One dispatched event of a stream; a comment or an event without data is none. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/**
 * The events of a response's body, as they arrive (EventSource can only GET).
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      pending = (pending + decoder.decode(value, { stream: true })).replace(/\r\n/g, '\n');
      const blocks = pending.split('\n\n');
      pending = blocks.pop() ?? '';
      yield* blocks.map(eventOf).filter(({ data }) => data);
    }
  } finally {
    await reader.cancel().catch(() => undefined); // an aborted stream is closed already
  }
}

function eventOf(block: string): ServerSentEvent {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const value = line.slice(line.indexOf(':') + 1).replace(/^ /, '');
    if (line.startsWith('event:')) event = value;
    if (line.startsWith('data:')) data.push(value);
  }
  return { event, data: data.join('\n') };
}
