import { Button, Flex, Text, TextAreaField } from '@backstage/ui';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import type { PortalPages } from './citations';
import type { CuebookApi, Question } from './client';
import { TurnView } from './TurnView';
import { contextOf, ended, heard, newTurn, type Turn } from './turns';

/** Questions below each other with their answers; each is a follow-up of the one before. */
export function Conversation({ cuebook, pages }: { cuebook: CuebookApi; pages: PortalPages }) {
  const { turns, running, ask, stop } = useTurns(cuebook);
  return (
    <Flex direction="column" gap="4">
      {turns.length === 0 && (
        <Text as="p">
          Answers come from the catalog and its docs, with the source beside each statement. When the docs do not
          say, Cuebook says that.
        </Text>
      )}
      {turns.map((turn, at) => (
        <TurnView key={at} turn={turn} cuebook={cuebook} pages={pages} />
      ))}
      <QuestionForm follow={turns.length > 0} running={running} onAsk={ask} onStop={stop} />
    </Flex>
  );
}

function useTurns(cuebook: CuebookApi) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const stopper = useRef<AbortController>();
  useEffect(() => () => stopper.current?.abort(), []);

  const running = turns.some(({ state }) => state === 'searching' || state === 'answering');
  const change = (with_: (turn: Turn) => Turn) =>
    setTurns(all => all.map((turn, at) => (at === all.length - 1 ? with_(turn) : turn)));

  async function ask(question: string) {
    const { signal } = (stopper.current = new AbortController());
    const context = contextOf(turns);
    setTurns([...turns, newTurn(question)]);
    try {
      const asked = { question, ...(context && { context }) } as Question;
      for await (const event of cuebook.ask(asked, signal)) change(turn => heard(turn, event));
    } catch (error) {
      change(turn => ended(turn, error, signal.aborted));
    }
  }
  return { turns, running, ask, stop: () => stopper.current?.abort() };
}

interface QuestionFormProps {
  follow: boolean;
  running: boolean;
  onAsk: (question: string) => void;
  onStop: () => void;
}

function QuestionForm({ follow, running, onAsk, onStop }: QuestionFormProps) {
  const [question, setQuestion] = useState('');

  function submit(event: FormEvent | KeyboardEvent) {
    event.preventDefault();
    if (running || !question.trim()) return;
    setQuestion('');
    onAsk(question.trim());
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') onStop();
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  }
  return (
    <form onSubmit={submit} onKeyDown={onKeyDown}>
      <Flex direction="column" gap="2">
        <TextAreaField
          label={follow ? 'Ask a follow-up' : 'What do you want to know?'}
          description="Enter asks, Shift Enter starts a new line, Esc stops."
          maxLength={2000}
          rows={2}
          value={question}
          onChange={setQuestion}
        />
        <Flex>
          {running ? (
            <Button variant="secondary" onPress={onStop}>
              Stop
            </Button>
          ) : (
            <Button type="submit">Ask</Button>
          )}
        </Flex>
      </Flex>
    </form>
  );
}
