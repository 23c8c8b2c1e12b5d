import { Alert, Flex, Link, Text } from '@backstage/ui';
import { useId } from 'react';
import { AnswerText } from './AnswerText';
import { citationHref, type PortalPages } from './citations';
import type { Citation, CuebookApi } from './client';
import { Thumbs } from './Thumbs';
import type { Turn } from './turns';

interface TurnViewProps {
  turn: Turn;
  cuebook: CuebookApi;
  pages: PortalPages;
}

/** A question, its answer while it is written, and the sources. */
export function TurnView({ turn, cuebook, pages }: TurnViewProps) {
  const heading = useId();
  const busy = turn.state === 'searching' || turn.state === 'answering';
  return (
    <article aria-labelledby={heading} aria-busy={busy} style={{ overflowWrap: 'anywhere' }}>
      <Flex direction="column" gap="3">
        <Text as="h2" variant="title-small" id={heading}>
          {turn.question}
        </Text>
        <div role="status">
          <Progress turn={turn} />
        </div>
        {turn.text && (
          <div>
            <AnswerText text={turn.text} cite={number => <Mark number={number} turn={turn} pages={pages} />} />
          </div>
        )}
        {turn.citations.length > 0 && <Sources citations={turn.citations} pages={pages} />}
        {turn.answer?.answer_id && <Thumbs cuebook={cuebook} answerId={turn.answer.answer_id} />}
      </Flex>
    </article>
  );
}

function Progress({ turn }: { turn: Turn }) {
  const { state, passages, answer, failure } = turn;
  if (failure) {
    const title = failure.forbidden ? 'You may not ask here' : 'No answer this time';
    return <Alert status={failure.forbidden ? 'warning' : 'danger'} icon title={title} description={failure.message} />;
  }
  if (state === 'stopped') return <Text>Stopped before the answer was complete.</Text>;
  if (state === 'answering') return <Text>Answering</Text>;
  if (state === 'searching') return <Text>{passages ? `Reading ${passages} passages` : 'Searching the docs'}</Text>;
  return answer?.abstained ? <Alert status="info" icon title="The docs do not say" /> : null;
}

function Mark({ number, turn, pages }: { number: number; turn: Turn; pages: PortalPages }) {
  const citation = turn.citations.find(each => each.number === number);
  const href = citation && citationHref(citation, pages);
  if (!href) return <>[{number}]</>;
  return (
    <Link href={href} aria-label={`Source ${number}: ${nameOf(citation)}`}>
      [{number}]
    </Link>
  );
}

function Sources({ citations, pages }: { citations: Citation[]; pages: PortalPages }) {
  const heading = useId();
  return (
    <section aria-labelledby={heading}>
      <Text as="h3" variant="body-medium" weight="bold" id={heading}>
        Sources
      </Text>
      <ol>
        {citations.map(citation => (
          <li key={citation.number} value={citation.number}>
            <Source citation={citation} href={citationHref(citation, pages)} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Source({ citation, href }: { citation: Citation; href?: string }) {
  return (
    <>
      {href ? <Link href={href}>{nameOf(citation)}</Link> : <Text>{nameOf(citation)}</Text>}
      <Text as="p" color="secondary">
        {[citation.entity, citation.path, citation.owner ?? 'no owner'].filter(Boolean).join(' · ')}
      </Text>
      <blockquote style={{ margin: 0 }}>{citation.quote}</blockquote>
    </>
  );
}

const nameOf = ({ heading, path, entity }: Citation) => heading || path || entity;
