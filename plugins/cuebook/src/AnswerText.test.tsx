import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { AnswerText } from './AnswerText';

afterEach(cleanup);

const shown = (text: string) => render(<AnswerText text={text} cite={number => <b>{number}</b>} />).container;

it('keeps the numbers of a list that code stands in, and the code as code', () => {
  const found = shown('1. Drain it.\n\n2. Wait:\n\n    ```bash\n    rankctl queue\n      --watch\n    ```\n\n3. Restart it. [1]');

  expect([...found.querySelectorAll('ol')].map(list => list.start)).toEqual([1, 2, 3]);
  expect(found.querySelector('pre')!.textContent).toBe('rankctl queue\n  --watch');
  expect(found.querySelector('b')!.textContent).toBe('1');
  expect(found.textContent).not.toContain('`');
});

it('shows code whose end has not come yet', () => {
  expect(shown('Run:\n```\nrestart').querySelector('pre')!.textContent).toBe('restart');
});

it('leaves HTML and links as text', () => {
  const found = shown('<img src=x onerror=alert(1)> [click](javascript:alert(1))');

  expect(found.querySelectorAll('img, a')).toHaveLength(0);
  expect(found.textContent).toContain('<img src=x onerror=alert(1)>');
});
