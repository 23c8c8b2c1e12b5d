import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it } from 'vitest';
import type { CuebookApi, PlanAnswer, PlanLine } from './client';
import { fakeCuebook } from './fakeCuebook';
import { Plans } from './Plans';

afterEach(cleanup);

const digest = 'ab'.repeat(32);
const line = (status: PlanLine['status']) =>
  ({ digest, status, action: 'launch_eval', summary: 'Evaluates episodes:2 by loo-full.' }) as PlanLine;
const whole = (status: PlanAnswer['status'], more: Partial<PlanAnswer> = {}) =>
  ({
    ...{ digest, status, action: 'launch_eval', arguments: { model: 'episodes:2' }, expires_at: '12:15', reason: '' },
    plan: {
      ...{ summary: 'Evaluates', steps: ['Starts the job.'], will_not: ['It does not promote.'], cautions: [], reversible: false },
      ...{ targets: [{ ref: 'model:episodes:2', revision: 'd1' }], estimate: { cpu_hours: 0.25, gpu_hours: 0, seconds: 900 } },
    },
    approval: { verdict: 'ask', rule: 'evaluations', reason: 'It takes CPU-hours', who: '1 approval of group:ranking', missing: 1, given: [] },
    receipt: null,
    ...more,
  }) as unknown as PlanAnswer;
const show = (given: Partial<CuebookApi>) => render(<Plans cuebook={fakeCuebook(given)} seconds={60} />);
const open = async () => userEvent.click(await screen.findByRole('button', { name: 'Show the plan' }));

it('says that there are none', async () => {
  show({ plans: async () => [] });
  expect(screen.getByText('Looking for your plans')).toBeTruthy();
  expect(await screen.findByText(/You have no plans/)).toBeTruthy();
});

it('shows all that a waiting plan would do and whom it waits for, and offers no way to approve it', async () => {
  show({ plans: async () => [line('waiting')], plan: async () => whole('waiting') });
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
    plans: async () => [line(status)],
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
    plans: async () => [line('planned')],
    plan: async () => whole('planned', { approval: null }),
    takeBack: async () => Promise.reject(new Error('The plan runs already.')),
  });
  await open();
  await userEvent.click(await screen.findByRole('button', { name: 'Take back' }));

  expect(await screen.findByText('The plan runs already.')).toBeTruthy();
});
