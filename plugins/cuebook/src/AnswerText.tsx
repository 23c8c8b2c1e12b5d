import { Fragment, type ReactNode } from 'react';

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\[\d{1,2}(?:,\s*\d{1,2})*\])/;
const FENCE = /^\s*```/;
const ITEM = /^\s*(?:[-*+]|\d{1,3}[.)])\s+/;

/** What the mark `[number]` becomes. */
export type Cite = (number: number) => ReactNode;

/**
 * The Markdown of answers: paragraphs, lists, fenced code (within a list too), code, bold, and marks. HTML and links in an
 * answer show as the text they are, so nothing that a page's author wrote leads anywhere.
 */
export function AnswerText({ text, cite }: { text: string; cite: Cite }) {
  return (
    <>
      {blocksOf(text).map((block, at) =>
        block.fenced ? <Code key={at} lines={block.lines} /> : <Block key={at} lines={block.lines} cite={cite} />,
      )}
    </>
  );
}

interface TextBlock {
  fenced: boolean;
  lines: string[];
}

/** Blocks between blank lines and fences; an open fence goes on to the end, as it does while an answer is written. */
function blocksOf(text: string): TextBlock[] {
  const blocks: TextBlock[] = [];
  let open: TextBlock | undefined;
  for (const line of text.split('\n')) {
    const isFence = FENCE.test(line);
    if (open?.fenced) {
      if (isFence) open = undefined;
      else open.lines.push(line);
    } else if (isFence) blocks.push((open = { fenced: true, lines: [] }));
    else if (!line.trim()) open = undefined;
    else if (open) open.lines.push(line);
    else blocks.push((open = { fenced: false, lines: [line] }));
  }
  return blocks;
}

function Code({ lines }: { lines: string[] }) {
  const indents = lines.filter(line => line.trim()).map(line => line.search(/\S/));
  const indent = indents.length ? Math.min(...indents) : 0;
  return (
    <pre tabIndex={0} style={{ overflowX: 'auto' }}>
      <code>{lines.map(line => line.slice(indent)).join('\n')}</code>
    </pre>
  );
}

function Block({ lines, cite }: { lines: string[]; cite: Cite }) {
  if (!lines.every(line => ITEM.test(line))) return <p>{inline(lines.join(' '), cite)}</p>;
  const items = lines.map((line, at) => <li key={at}>{inline(line.replace(ITEM, ''), cite)}</li>);
  // A list that code has cut in two goes on with its own number.
  return /^\s*\d/.test(lines[0]) ? <ol start={parseInt(lines[0], 10)}>{items}</ol> : <ul>{items}</ul>;
}

function inline(text: string, cite: Cite): ReactNode[] {
  return text.split(INLINE).map((part, at) => <Fragment key={at}>{piece(part, cite)}</Fragment>);
}

function piece(part: string, cite: Cite): ReactNode {
  if (!INLINE.test(part)) return part;
  if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>;
  if (part.startsWith('**')) return <strong>{part.slice(2, -2)}</strong>;
  const numbers = part.match(/\d+/g) ?? [];
  return numbers.map(number => <Fragment key={number}>{cite(Number(number))}</Fragment>);
}
