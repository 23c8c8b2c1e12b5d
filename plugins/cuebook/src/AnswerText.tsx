import { Fragment, type ReactNode } from 'react';

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\[\d{1,2}(?:,\s*\d{1,2})*\])/;
const ITEM = /^\s*(?:[-*+]|\d{1,3}[.)])\s+/;

/** What the mark `[number]` becomes. */
export type Cite = (number: number) => ReactNode;

/**
 * The Markdown of answers: paragraphs, lists, fenced code, code, bold, and marks. HTML and links in an answer show as
 * the text they are, so nothing that a page's author wrote leads anywhere.
 */
export function AnswerText({ text, cite }: { text: string; cite: Cite }) {
  return (
    <>
      {text.split(/(^```[\s\S]*?(?:^```$|$(?![\s\S])))/m).map((part, at) =>
        part.startsWith('```') ? <Code key={at} text={part} /> : <Prose key={at} text={part} cite={cite} />,
      )}
    </>
  );
}

function Code({ text }: { text: string }) {
  return (
    <pre tabIndex={0} style={{ overflowX: 'auto' }}>
      <code>{text.replace(/^```.*\n?/, '').replace(/\n?```$/, '')}</code>
    </pre>
  );
}

function Prose({ text, cite }: { text: string; cite: Cite }) {
  return text
    .split(/\n{2,}/)
    .filter(block => block.trim())
    .map((block, at) => <Block key={at} lines={block.trim().split('\n')} cite={cite} />);
}

function Block({ lines, cite }: { lines: string[]; cite: Cite }) {
  if (!lines.every(line => ITEM.test(line))) return <p>{inline(lines.join(' '), cite)}</p>;
  const List = /^\s*\d/.test(lines[0]) ? 'ol' : 'ul';
  return (
    <List>
      {lines.map((line, at) => (
        <li key={at}>{inline(line.replace(ITEM, ''), cite)}</li>
      ))}
    </List>
  );
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
