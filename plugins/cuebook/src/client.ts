import { createApiRef, type DiscoveryApi, type FetchApi } from '@backstage/frontend-plugin-api';
import type { components, paths } from './openapi';
import { serverSentEvents } from './serverSentEvents';

type Asked = paths['/api/v1/actions/ask']['post'];
/** What can be asked: the question, the context of the answer before, an entity to keep to. */
export type Question = Asked['requestBody']['content']['application/json'];
/** A finished answer. */
export type Answer = Asked['responses']['200']['content']['application/json'];
/** What a mark in an answer rests on. */
export type Citation = Answer['citations'][number];
/** How a plan stands. */
export type PlanAnswer = components['schemas']['PlanAnswer'];
/** What is heard while an answer is written; `done` comes last, and has the checked text. */
export type AskEvent =
  | { type: 'retrieved'; passages: number }
  | { type: 'text'; delta: string }
  | { type: 'citation'; citation: Citation }
  | { type: 'done'; answer: Answer };

/** What Cuebook says went wrong. `status` is that of HTTP; 401 and 403 mean that the user may not. */
export class CuebookError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'CuebookError';
  }
}

/** Cuebook as the panel uses it, for the user who is signed in to the portal. */
export interface CuebookApi {
  /** Ask. Throws `CuebookError`, before the first event or instead of the next one. */
  ask(question: Question, signal: AbortSignal): AsyncIterable<AskEvent>;
  /** Keep whether an answer helped: planned and applied. A policy can let it wait. Throws `CuebookError`. */
  rate(answerId: string, helpful: boolean): Promise<PlanAnswer>;
}

/** Where extensions find the client. */
export const cuebookApiRef = createApiRef<CuebookApi>({ id: 'plugin.cuebook.client' });

/** Through the portal's proxy endpoint `/cuebook`, which forwards the user's own token. */
export class ProxiedCuebook implements CuebookApi {
  constructor(
    private readonly discoveryApi: DiscoveryApi,
    private readonly fetchApi: FetchApi,
  ) {}

  async *ask(question: Question, signal: AbortSignal): AsyncGenerator<AskEvent> {
    const response = await this.post('/api/v1/ask/stream', question, signal);
    if (!response.body) throw new CuebookError(response.status, 'no_body', 'The answer has no body; ask again.');
    let finished = false;
    for await (const { event, data } of serverSentEvents(response.body)) {
      const heard = JSON.parse(data);
      if (event === 'error') throw new CuebookError(response.status, heard.code, heard.message);
      if (event === 'retrieved') yield { type: event, passages: heard.hits.length };
      if (event === 'text') yield { type: event, delta: heard.delta };
      if (event === 'citation') yield { type: event, citation: heard };
      if (event === 'done') {
        finished = true;
        yield { type: event, answer: heard };
      }
    }
    if (!finished) throw new CuebookError(response.status, 'cut_off', 'The answer broke off; ask again.');
  }

  async rate(answerId: string, helpful: boolean): Promise<PlanAnswer> {
    const planned = await this.post('/api/v1/actions/rate_answer', { answer: answerId, helpful });
    const plan: PlanAnswer = await planned.json();
    if (plan.status !== 'planned') return plan;
    return (await this.post(`/api/v1/plans/${plan.digest}/apply`)).json();
  }

  private async post(path: keyof paths | string, body?: object, signal?: AbortSignal): Promise<Response> {
    const proxy = await this.discoveryApi.getBaseUrl('proxy');
    const response = await this.fetchApi.fetch(`${proxy}/cuebook${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
      signal,
    });
    if (response.ok) return response;
    throw await failure(response);
  }
}

async function failure(response: Response): Promise<CuebookError> {
  const { status } = response;
  const error = await response.json().then(
    ({ error: said }) => said,
    () => undefined, // a gateway's own page
  );
  const code = error?.code ?? error?.name ?? 'unreachable';
  return new CuebookError(status, code, error?.message ?? `Cuebook answered ${status}; ask whoever runs the portal.`);
}
