import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it } from 'vitest';
import { CuebookError, type CuebookApi, type JobLine, type JobList, type LogPiece, type PlanAnswer } from './client';
import { fakeCuebook } from './fakeCuebook';
import { Jobs } from './Jobs';

afterEach(cleanup);

const running: JobLine = {
  ...{ id: 'job-0a11', state: 'running', recipe: 'evaluate', subject: 'episodes', model: null, owner: 'user:default/ada' },
  ...{ created_at: '', started_at: '2026-11-27T12:00:00Z', ended_at: null, seconds: 12.3, reason: '' },
};
const failed: JobLine = { ...running, id: 'job-0b22', state: 'failed', seconds: 200, reason: 'The data is not there.' };
const list = (...items: JobLine[]): JobList => ({ items, total: items.length, next_offset: null });
const show = (given: Partial<CuebookApi>) => render(<Jobs cuebook={fakeCuebook(given)} seconds={0.01} />);

it('says that it looks, and that there are none', async () => {
  show({ jobs: async () => list() });
  expect(screen.getByText('Looking for jobs')).toBeTruthy();
  expect(await screen.findByText(/No job has run yet/)).toBeTruthy();
});

it('shows how each stands, and looks again while one goes on', async () => {
  const found = [list(running, failed), list({ ...running, state: 'succeeded', model: 'episodes:2' }, failed)];
  show({ jobs: async () => found.shift() ?? list(failed) });

  expect(await screen.findByText('succeeded')).toBeTruthy();
  expect(screen.getByText(/job-0a11 · user:default\/ada · 12 s · episodes:2/)).toBeTruthy();
  expect(screen.getByText('The data is not there.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Cancel it' })).toBeNull();
});

it('follows a log to its end', async () => {
  const pieces: LogPiece[] = [
    { text: 'epoch 1\n', next_offset: 8, total_bytes: 8, finished: false },
    { text: 'epoch 2\n', next_offset: 16, total_bytes: 16, finished: true },
  ];
  const asked: number[] = [];
  show({
    jobs: async () => list(failed),
    jobLog: async (_job, offset) => {
      asked.push(offset);
      return pieces.shift()!;
    },
  });
  await userEvent.click(await screen.findByRole('button', { name: 'Show the log' }));

  expect(await screen.findByText('The job goes on.')).toBeTruthy();
  expect(await screen.findByText('The log ends here.', undefined, { timeout: 3_000 })).toBeTruthy();
  expect(screen.getByLabelText('Log of job-0b22').textContent).toBe('epoch 1\nepoch 2\n');
  expect(asked).toEqual([0, 8]);
});

it('cancels, or says that the plan for it waits', async () => {
  const cancelled: string[] = [];
  show({
    jobs: async () => list(running),
    cancelJob: async job => {
      cancelled.push(job);
      return { status: 'waiting', reason: '' } as PlanAnswer;
    },
  });
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel it' }));

  expect(await screen.findByText('Not cancelled yet: the plan is waiting.')).toBeTruthy();
  expect(cancelled).toEqual(['job-0a11']);
});

it('tells who may not see them apart from what fails, which can be tried again', async () => {
  const answers: (JobList | Error)[] = [new Error('The network is down.'), list(failed)];
  show({
    jobs: async () => {
      const next = answers.shift()!;
      if (next instanceof Error) throw next;
      return next;
    },
  });
  expect(await screen.findByText('The network is down.')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('evaluate episodes')).toBeTruthy();
  expect(screen.queryByText('The network is down.')).toBeNull();
  cleanup();

  show({ jobs: async () => Promise.reject(new CuebookError(403, 'not_allowed', 'It needs the scope jobs:read.')) });
  expect(await screen.findByText('You may not see jobs here')).toBeTruthy();
  expect(screen.getByText('It needs the scope jobs:read.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
