import { Flex, Text } from '@backstage/ui';
import { useId } from 'react';
import type { PlanAnswer } from './client';

type Details = PlanAnswer['plan']['details'];
const APART = new Set(['files', 'diff', 'diffs', 'approval']); // shown in their own way, or elsewhere

/** Everything that was resolved for a plan: the files it writes, with their content, what it changes in others, and the rest. */
export function PlanDetails({ details }: { details: Details }) {
  const rest = Object.entries(details).filter(([name]) => !APART.has(name));
  return (
    <Flex direction="column" gap="2">
      {filesOf(details).map(({ path, content }) => <Block key={path} name={`Writes ${path}`} text={content} />)}
      {diffsOf(details).map(([name, text]) => <Block key={name} name={`Changes ${name}`} text={text} />)}
      {rest.map(([name, value]) => (
        <Block key={name} name={name.replaceAll('_', ' ')} text={typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)} />
      ))}
    </Flex>
  );
}

function Block({ name, text }: { name: string; text: string }) {
  const heading = useId();
  return (
    <div>
      <Text as="h4" variant="body-medium" weight="bold" id={heading}>
        {name}
      </Text>
      {/* Longer than the card is high, it scrolls, so the keyboard has to reach it. */}
      <pre tabIndex={0} role="region" aria-labelledby={heading} style={{ margin: 0, maxHeight: '24rem', overflow: 'auto' }}>
        {text}
      </pre>
    </div>
  );
}

function filesOf({ files }: Details): { path: string; content: string }[] {
  if (!Array.isArray(files)) return [];
  return files.map(({ path = '', content = '' }) => ({ path: String(path), content: String(content) }));
}

/** A unified diff under `diff`, or several under `diffs` by the name of what changes. */
function diffsOf({ diff, diffs }: Details): [string, string][] {
  const one: [string, unknown][] = [['the target', diff]];
  const many = diffs && typeof diffs === 'object' ? Object.entries(diffs) : [];
  return [...one, ...many].filter((each): each is [string, string] => typeof each[1] === 'string' && each[1] !== '');
}
