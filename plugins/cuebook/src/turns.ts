import { CuebookError, type Answer, type AskEvent, type Citation } from './client';

/** One question and what became of it; plain data. */
export interface Turn {
  question: string;
  state: 'searching' | 'answering' | 'done' | 'stopped' | 'failed';
  text: string;
  citations: Citation[];
  passages: number;
  answer?: Answer;
  failure?: Failure;
}

/** Why there is no answer; `forbidden` when another user, or the portal's admin, would have to be asked. */
export interface Failure {
  forbidden: boolean;
  message: string;
}

export function newTurn(question: string): Turn {
  return { question, state: 'searching', text: '', citations: [], passages: 0 };
}

/** The turn after an event. */
export function heard(turn: Turn, event: AskEvent): Turn {
  switch (event.type) {
    case 'retrieved':
      return { ...turn, passages: event.passages };
    case 'text':
      return { ...turn, state: 'answering', text: turn.text + event.delta };
    case 'citation':
      return { ...turn, citations: [...turn.citations, event.citation] };
    default: {
      // The checked text: marks without a source are gone.
      const { answer } = event;
      return { ...turn, state: 'done', answer, text: answer.answer, citations: answer.citations };
    }
  }
}

/** The turn after it broke off; one that was stopped keeps what was heard. */
export function ended(turn: Turn, error: unknown, stopped: boolean): Turn {
  if (stopped) return { ...turn, state: 'stopped' };
  const forbidden = error instanceof CuebookError && (error.status === 401 || error.status === 403);
  const message = error instanceof Error ? error.message : String(error);
  return { ...turn, state: 'failed', failure: { forbidden, message } };
}

/** The handle that a follow-up takes: that of the latest finished answer. */
export function contextOf(turns: Turn[]): string {
  return turns.findLast(({ answer }) => answer?.context)?.answer?.context ?? '';
}
