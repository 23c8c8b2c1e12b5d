import { useEffect, useState } from 'react';
import { Text } from '@backstage/ui';
import type { CuebookApi } from './client';
import { Trouble } from './Trouble';

const PAUSE = 1_000; // milliseconds between two looks at a log that grows
const KEPT = 200_000; // characters; the end is what one watches for

/** What a job printed, as it prints it. */
export function JobLog({ cuebook, job }: { cuebook: CuebookApi; job: string }) {
  const { text, finished, failure, again } = useLog(cuebook, job);
  if (failure !== undefined && !text) return <Trouble what="log" failure={failure} again={again} />;
  return (
    <>
      <pre
        tabIndex={0}
        aria-label={`Log of ${job}`}
        style={{ maxHeight: '24rem', overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 }}
      >
        {text}
      </pre>
      <Text role="status">
        {finished ? (text ? 'The log ends here.' : 'It printed nothing.') : 'The job goes on.'}
      </Text>
      {failure !== undefined && <Trouble what="more of the log" failure={failure} again={again} />}
    </>
  );
}

function useLog(cuebook: CuebookApi, job: string) {
  const [seen, setSeen] = useState<{ text: string; finished: boolean; failure?: unknown }>({ text: '', finished: false });
  const [round, setRound] = useState(0);

  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let offset = 0;
    setSeen({ text: '', finished: false });
    const read = async () => {
      try {
        const piece = await cuebook.jobLog(job, offset);
        if (gone) return;
        const more = piece.next_offset < piece.total_bytes;
        offset = piece.next_offset;
        setSeen(({ text }) => ({ text: (text + piece.text).slice(-KEPT), finished: piece.finished }));
        if (!piece.finished) timer = setTimeout(read, more ? 0 : PAUSE);
      } catch (failure) {
        if (!gone) setSeen(before => ({ ...before, failure }));
      }
    };
    read();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [cuebook, job, round]);
  return { ...seen, again: () => setRound(before => before + 1) };
}
