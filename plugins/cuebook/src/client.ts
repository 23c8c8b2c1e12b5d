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
/** A plan in a list. */
export type PlanLine = components['schemas']['PlanLine'];
/** A user's own plans, and those that wait for them as an approver. */
export type PlanList = components['schemas']['PlanList'];
type Done<Name extends string> = `/api/v1/actions/${Name}` extends infer Path extends keyof paths
  ? paths[Path] extends { post: { responses: { 200: { content: { 'application/json': infer Result } } } } }
    ? Result
    : never
  : never;
/** A part of the jobs, newest first. */
export type JobList = Done<'list_jobs'>;
/** A job in a list. */
export type JobLine = JobList['items'][number];
/** A part of what a job printed. */
export type LogPiece = Done<'read_job_log'>;
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
  /** The newest jobs that the user may see. Throws `CuebookError`. */
  jobs(): Promise<JobList>;
  /** What a job printed from the byte `offset` on. Throws `CuebookError`. */
  jobLog(job: string, offset: number): Promise<LogPiece>;
  /** End a job: planned and applied. A policy can let it wait. Throws `CuebookError`. */
  cancelJob(job: string): Promise<PlanAnswer>;
  /** The user's plans, newest first, and what waits for their decision. Throws `CuebookError`. */
  plans(): Promise<PlanList>;
  /** One plan with all that it would do. Throws `CuebookError`. */
  plan(digest: string): Promise<PlanAnswer>;
  /** Carry out a plan of the user's. Throws `CuebookError`. */
  apply(digest: string): Promise<PlanAnswer>;
  /** End a plan of the user's for good. Throws `CuebookError`. */
  takeBack(digest: string): Promise<PlanAnswer>;
  /** Approve somebody's plan, by the passphrase of the user. Throws `CuebookError`. */
  approve(digest: string, passphrase: string): Promise<PlanAnswer>;
  /** Reject it for good. Throws `CuebookError`. */
  reject(digest: string, passphrase: string, reason: string): Promise<PlanAnswer>;
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
    return this.planAndApply('rate_answer', { answer: answerId, helpful });
  }

  async jobs(): Promise<JobList> {
    return (await this.post('/api/v1/actions/list_jobs')).json();
  }

  async jobLog(job: string, offset: number): Promise<LogPiece> {
    return (await this.post('/api/v1/actions/read_job_log', { job, offset })).json();
  }

  async cancelJob(job: string): Promise<PlanAnswer> {
    return this.planAndApply('cancel_job', { job });
  }

  async plans(): Promise<PlanList> {
    return (await this.send('/api/v1/plans', { method: 'GET' })).json();
  }

  async plan(digest: string): Promise<PlanAnswer> {
    return (await this.send(`/api/v1/plans/${digest}`, { method: 'GET' })).json();
  }

  async apply(digest: string): Promise<PlanAnswer> {
    return (await this.post(`/api/v1/plans/${digest}/apply`)).json();
  }

  async takeBack(digest: string): Promise<PlanAnswer> {
    return (await this.post(`/api/v1/plans/${digest}/reject`)).json();
  }

  async approve(digest: string, passphrase: string): Promise<PlanAnswer> {
    return (await this.post(`/api/v1/plans/${digest}/approve`, { passphrase })).json();
  }

  async reject(digest: string, passphrase: string, reason: string): Promise<PlanAnswer> {
    return (await this.post(`/api/v1/plans/${digest}/reject`, { passphrase, reason })).json();
  }

  private async planAndApply(action: string, given: object): Promise<PlanAnswer> {
    const plan: PlanAnswer = await (await this.post(`/api/v1/actions/${action}`, given)).json();
    return plan.status === 'planned' ? this.apply(plan.digest) : plan;
  }

  private post(path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.send(path, { method: 'POST', headers, body: JSON.stringify(body ?? {}), signal });
  }

  private async send(path: string, request: RequestInit): Promise<Response> {
    const proxy = await this.discoveryApi.getBaseUrl('proxy');
    const response = await this.fetchApi.fetch(`${proxy}/cuebook${path}`, request);
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
