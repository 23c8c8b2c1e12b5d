import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { afterEach, expect, it } from 'vitest';
import { CuebookError, type AskEvent, type Question } from './client';
import { Conversation } from './Conversation';
import { fakeCuebook } from './fakeCuebook';

afterEach(cleanup);

const citation = {
  ...{ number: 1, entity: 'component:default/ranker', path: 'runbook.md', anchor: 'roll-back', heading: 'Roll back' },
  ...{ quote: 'Promote the version before.', revision: 'git:1', owner: 'group:default/ranking', link: '' },
};
const answer = { answer: 'Promote the version before. [1]', citations: [citation], context: 'c1', answer_id: 'a1' };
const whole = [
  { type: 'text', delta: 'Promote' },
  { type: 'done', answer },
] as AskEvent[];

function scripted(turns: (AskEvent[] | Error)[]) {
  const asked: Question[] = [];
  const rated: unknown[] = [];
  const cuebook = fakeCuebook({
    async *ask(question) {
      asked.push(question);
      const turn = turns.shift()!;
      if (turn instanceof Error) throw turn;
      yield* turn;
    },
    rate: async (...given) => {
      rated.push(given);
      return { status: 'done', reason: '' } as never;
    },
  });
  render(
    <MemoryRouter>
      <Conversation cuebook={cuebook} pages={{ docs: ({ name }) => `/docs/default/component/${name}` }} />
    </MemoryRouter>,
  );
  return { asked, rated };
}

const ask = (text: string) => userEvent.type(screen.getByRole('textbox'), `${text}{Enter}`);

it('shows an answer whose mark opens the TechDocs page at the heading, and asks on from it', async () => {
  const { asked } = scripted([whole, whole]);

  await ask('How do I roll back?');
  const mark = await screen.findByRole('link', { name: 'Source 1: Roll back' });
  expect(mark.getAttribute('href')).toBe('/docs/default/component/ranker/runbook/#roll-back');

  await ask('And then?');
  await screen.findByRole('heading', { name: 'And then?' });
  expect(asked).toEqual([{ question: 'How do I roll back?' }, { question: 'And then?', context: 'c1' }]);
});

it('keeps whether it helped', async () => {
  const { rated } = scripted([whole]);
  await ask('How?');

  await userEvent.click(await screen.findByRole('button', { name: 'It did not' }));

  expect(await screen.findByText('Thank you.')).toBeTruthy();
  expect(rated).toEqual([['a1', false]]);
});

it('says when the docs do not say', async () => {
  scripted([[{ type: 'done', answer: { ...answer, abstained: true, citations: [] } }] as unknown as AskEvent[]]);
  await ask('What is the weather?');

  expect(await screen.findByText('The docs do not say')).toBeTruthy();
});

it('tells a user who may not ask apart from a server that fails', async () => {
  scripted([new CuebookError(403, 'forbidden', 'This token lacks docs:read.'), new Error('The network is down.')]);

  await ask('One?');
  expect(await screen.findByText('You may not ask here')).toBeTruthy();
  expect(screen.getByText('This token lacks docs:read.')).toBeTruthy();

  await ask('Two?');
  expect(await screen.findByText('No answer this time')).toBeTruthy();
});
