import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it } from 'vitest';
import type { CuebookApi, PlanAnswer, PlanLine, PlanList } from './client';
import { fakeCuebook } from './fakeCuebook';
import { Plans } from './Plans';

afterEach(cleanup);

const digest = 'ab'.repeat(32);
const list = (plans: PlanLine[], waiting: PlanLine[] = [], approver: string | null = null): PlanList => ({
  ...{ plans, waiting, approver, next_offset: null },
});
const line = (status: PlanLine['status']) =>
  ({ digest, status, action: 'launch_eval', summary: 'Evaluates episodes:2 by loo-full.', principal: 'user:default/bob' }) as PlanLine;
const whole = (status: PlanAnswer['status'], more: Partial<PlanAnswer> = {}) =>
  ({
    ...{ digest, status, action: 'launch_eval', arguments: { model: 'episodes:2' }, expires_at: '12:15', reason: '' },
    plan: {
      ...{ summary: 'Evaluates', steps: ['Starts the job.'], will_not: ['It does not promote.'], cautions: [], reversible: false },
      ...{ targets: [{ ref: 'model:episodes:2', revision: 'd1' }], estimate: { cpu_hours: 0.25, gpu_hours: 0, seconds: 900 }, details: {} },
    },
    approval: { verdict: 'ask', rule: 'evaluations', reason: 'It takes CPU-hours', who: '1 approval of group:ranking', missing: 1, given: [] },
    receipt: null,
    ...more,
  }) as unknown as PlanAnswer;
const show = (given: Partial<CuebookApi>) => render(<Plans cuebook={fakeCuebook(given)} seconds={60} />);
const open = async () => userEvent.click(await screen.findByRole('button', { name: 'Show the plan' }));

it('says that there are none', async () => {
  show({ plans: async () => list([]) });
  expect(screen.getByText('Looking for your plans')).toBeTruthy();
  expect(await screen.findByText(/You have no plans/)).toBeTruthy();
});

it('shows all that a waiting plan would do and whom it waits for, and offers its maker no way to approve it', async () => {
  show({ plans: async () => list([line('waiting')]), plan: async () => whole('waiting') });
  await open();

  for (const text of ['Starts the job.', 'It does not promote.', 'model:episodes:2 @ d1', digest])
    expect(await screen.findByText(text)).toBeTruthy();
  expect(screen.getByText(/It is irreversible. It takes about 0.25 CPU-hours/)).toBeTruthy();
  expect(screen.getByText(/Rule “evaluations”: It takes CPU-hours. It takes 1 approval of group:ranking./)).toBeTruthy();
  expect(screen.queryByRole('button', { name: /approve|apply/i })).toBeNull();
});

it('applies what may be applied, once, and shows what it came to', async () => {
  const applied: string[] = [];
  let status: PlanAnswer['status'] = 'approved';
  const receipt = { at: '12:05', by: 'user:default/ada', audit: '7:ff' } as PlanAnswer['receipt'];
  show({
    plans: async () => list([line(status)]),
    plan: async () => whole(status, status === 'done' ? { receipt } : {}),
    apply: async given => {
      applied.push(given);
      status = 'done';
      return whole('done', { receipt });
    },
  });
  await open();
  await userEvent.click(await screen.findByRole('button', { name: 'Apply' }));

  expect(await screen.findByText('Done 12:05 by user:default/ada, row 7:ff of the audit.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Apply' })).toBeNull();
  expect(applied).toEqual([digest]);
});

it('takes a plan back, and says why one could not be', async () => {
  show({
    plans: async () => list([line('planned')]),
    plan: async () => whole('planned', { approval: null }),
    takeBack: async () => Promise.reject(new Error('The plan runs already.')),
  });
  await open();
  await userEvent.click(await screen.findByRole('button', { name: 'Take back' }));

  expect(await screen.findByText('The plan runs already.')).toBeTruthy();
});

const details = {
  files: [{ path: 'training/knn/train.json', content: '{"model": "item_knn"}' }],
  diffs: { 'catalog-info.yaml': '--- a\n+++ b\n+kind: Component' },
  job: { recipe: 'evaluate', cpu_hours: 0.25 },
};

async function deciding(given: Partial<CuebookApi>) {
  const plan = whole('waiting');
  show({
    plans: async () => list([], [line('waiting')], 'user:default/ada'),
    plan: async () => ({ ...plan, plan: { ...plan.plan, details } }) as PlanAnswer,
    ...given,
  });
  await open();
  return screen.findByLabelText('Passphrase of user:default/ada');
}

it('shows an approver everything that was resolved, and whose plan it is', async () => {
  await deciding({});

  expect(screen.getByRole('heading', { name: 'Waiting for your decision' })).toBeTruthy();
  expect(screen.getByText('Planned by user:default/bob.')).toBeTruthy();
  expect(screen.getByRole('region', { name: 'Writes training/knn/train.json' }).textContent).toBe('{"model": "item_knn"}');
  expect(screen.getByRole('region', { name: 'Changes catalog-info.yaml' }).textContent).toContain('+kind: Component');
  expect(screen.getByRole('region', { name: 'job' }).textContent).toContain('"recipe": "evaluate"');
});

it('approves with the passphrase alone, which is forgotten at once', async () => {
  const sent: string[][] = [];
  const field = await deciding({
    approve: async (...given) => {
      sent.push(given);
      return whole('approved');
    },
  });
  expect((screen.getByRole('button', { name: 'Approve' }) as HTMLButtonElement).disabled).toBe(true);
  expect(field.getAttribute('type')).toBe('password');
  await userEvent.type(field, 'correct horse battery');
  await userEvent.click(screen.getByRole('button', { name: 'Approve' }));

  expect(await screen.findByText('The plan is approved.')).toBeTruthy();
  expect(sent).toEqual([[digest, 'correct horse battery']]);
  expect((field as HTMLInputElement).value).toBe('');
});

it('rejects with the reason, and says why a decision did not count', async () => {
  const sent: string[][] = [];
  const field = await deciding({
    reject: async (...given) => {
      sent.push(given);
      throw new Error('that name and that secret belong to no approver here');
    },
  });
  await userEvent.type(field, 'a wrong one');
  await userEvent.type(screen.getByLabelText('Reason, if you reject it'), 'too dear');
  await userEvent.click(screen.getByRole('button', { name: 'Reject' }));

  expect(await screen.findByText('that name and that secret belong to no approver here')).toBeTruthy();
  expect(sent).toEqual([[digest, 'a wrong one', 'too dear']]);
});
