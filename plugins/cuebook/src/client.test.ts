import { expect, it } from 'vitest';
import { ProxiedCuebook, type AskEvent } from './client';

interface Sent {
  url: string;
  body: unknown;
}

function cuebook(...given: (Response | object)[]) {
  const answers = given.map(each => (each instanceof Response ? each : Response.json(each)));
  const sent: Sent[] = [];
  const fetchApi = {
    fetch: async (url: unknown, init?: RequestInit) => {
      sent.push({ url: String(url), body: init?.body ? JSON.parse(String(init.body)) : undefined });
      return answers.shift()!;
    },
  };
  const discoveryApi = { getBaseUrl: async (plugin: string) => `http://portal/api/${plugin}` };
  return { sent, client: new ProxiedCuebook(discoveryApi, fetchApi as never) };
}

async function heard(client: ProxiedCuebook): Promise<AskEvent[]> {
  const events: AskEvent[] = [];
  for await (const event of client.ask({ question: 'Who?' } as never, new AbortController().signal)) events.push(event);
  return events;
}

function stream(...pieces: string[]): Response {
  const bytes = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      pieces.forEach(piece => controller.enqueue(bytes.encode(piece)));
      controller.close();
    },
  });
  return new Response(body);
}

it('hears an answer through the proxy, wherever its pieces are cut', async () => {
  const { client, sent } = cuebook(
    stream(
      'event: retrieved\ndata: {"hits": [{}, {}]}\n\nevent: te',
      'xt\ndata: {"delta": "Ada"}\n\n: still here\n\n',
      'event: done\ndata: {"answer": "Ada [1]"}\n\n',
    ),
  );

  expect(await heard(client)).toEqual([
    { type: 'retrieved', passages: 2 },
    { type: 'text', delta: 'Ada' },
    { type: 'done', answer: { answer: 'Ada [1]' } },
  ]);
  expect(sent).toEqual([{ url: 'http://portal/api/proxy/cuebook/api/v1/ask/stream', body: { question: 'Who?' } }]);
});

it('tells an error within the stream, and a stream that breaks off', async () => {
  const failed = cuebook(stream('event: error\ndata: {"code": "no_model", "message": "No model."}\n\n'));
  await expect(heard(failed.client)).rejects.toMatchObject({ code: 'no_model', message: 'No model.' });

  const broken = cuebook(stream('event: text\ndata: {"delta": "A"}\n\n'));
  await expect(heard(broken.client)).rejects.toMatchObject({ code: 'cut_off' });
});

it('tells the status and the words of a refusal, ours or a gateway\'s', async () => {
  const refused = cuebook(Response.json({ error: { code: 'forbidden', message: 'Not you.' } }, { status: 403 }));
  await expect(heard(refused.client)).rejects.toMatchObject({ status: 403, message: 'Not you.' });

  const gateway = cuebook(new Response('<html>', { status: 502 }));
  await expect(heard(gateway.client)).rejects.toMatchObject({ status: 502, code: 'unreachable' });
});

it('rates by a plan that is applied, unless it waits', async () => {
  const { client, sent } = cuebook(
    Response.json({ status: 'planned', digest: 'abc' }),
    Response.json({ status: 'done', digest: 'abc' }),
  );
  expect((await client.rate('a1', true)).status).toBe('done');
  expect(sent.map(({ url }) => url.split('/cuebook')[1])).toEqual([
    '/api/v1/actions/rate_answer',
    '/api/v1/plans/abc/apply',
  ]);

  const waiting = cuebook(Response.json({ status: 'waiting', digest: 'abc' }));
  expect((await waiting.client.rate('a1', false)).status).toBe('waiting');
  expect(waiting.sent).toHaveLength(1);
});

it('reads jobs, logs and plans, and decides about plans', async () => {
  const { client, sent } = cuebook(
    ...[{ items: [], total: 0 }, { text: 'a', next_offset: 1, total_bytes: 1, finished: true }],
    ...[{ plans: [{ digest: 'abc' }] }, { digest: 'abc' }, { status: 'done' }, { status: 'rejected' }],
    ...[{ status: 'approved' }, { status: 'rejected' }],
  );
  await client.jobs();
  await client.jobLog('job-1', 7);
  expect((await client.plans()).plans).toEqual([{ digest: 'abc' }]);
  await client.plan('abc');
  await client.apply('abc');
  await client.takeBack('abc');
  await client.approve('abc', 'correct horse');
  await client.reject('abc', 'correct horse', 'too dear');
  expect(sent.map(({ url, body }) => [url.split('/cuebook/api/v1')[1], body])).toEqual([
    ['/actions/list_jobs', {}],
    ['/actions/read_job_log', { job: 'job-1', offset: 7 }],
    ['/plans', undefined],
    ['/plans/abc', undefined],
    ['/plans/abc/apply', {}],
    ['/plans/abc/reject', {}],
    ['/plans/abc/approve', { passphrase: 'correct horse' }],
    ['/plans/abc/reject', { passphrase: 'correct horse', reason: 'too dear' }],
  ]);
});
