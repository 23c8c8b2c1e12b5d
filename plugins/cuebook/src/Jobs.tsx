import { Badge, Button, Card, CardBody, Flex, Text } from '@backstage/ui';
import { useId, useState } from 'react';
import type { CuebookApi, JobLine } from './client';
import { JobLog } from './JobLog';
import { useLoaded } from './loading';
import { Trouble } from './Trouble';

const GOES_ON = new Set(['queued', 'running']);

/** The jobs, newest first, with their logs; those that go on can be cancelled. */
export function Jobs({ cuebook, seconds }: { cuebook: CuebookApi; seconds?: number }) {
  const { value, failure, again } = useLoaded(() => cuebook.jobs(), {
    seconds,
    busy: ({ items }) => items.some(goesOn),
  });
  return (
    <Flex direction="column" gap="4">
      {failure !== undefined && <Trouble what="jobs" failure={failure} again={again} />}
      {!value && failure === undefined && <Text role="status">Looking for jobs</Text>}
      {value?.items.length === 0 && (
        <Text as="p">No job has run yet. Ask for one, for example “evaluate the episode model”, and apply its plan.</Text>
      )}
      {value?.items.map(job => <JobCard key={job.id} job={job} cuebook={cuebook} onChanged={again} />)}
      {value && value.total > value.items.length && (
        <Text color="secondary">
          These are the newest {value.items.length} of {value.total}.
        </Text>
      )}
    </Flex>
  );
}

const goesOn = ({ state }: JobLine) => GOES_ON.has(state);

function JobCard({ job, cuebook, onChanged }: { job: JobLine; cuebook: CuebookApi; onChanged: () => void }) {
  const heading = useId();
  const [shown, setShown] = useState(false);
  const [said, setSaid] = useState('');
  const [sending, setSending] = useState(false);

  async function cancel() {
    setSending(true);
    try {
      const { status, reason } = await cuebook.cancelJob(job.id);
      setSaid(status === 'done' ? '' : reason || `Not cancelled yet: the plan is ${status}.`);
      onChanged();
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setSending(false);
  }
  return (
    <Card role="article" aria-labelledby={heading}>
      <CardBody>
        <Flex direction="column" gap="2">
          <Flex align="center" gap="2" style={{ flexWrap: 'wrap' }}>
            <Text as="h2" variant="title-x-small" id={heading}>
              {job.recipe} {job.subject}
            </Text>
            <Badge>{job.state}</Badge>
          </Flex>
          <Text as="p" style={{ overflowWrap: 'anywhere' }}>
            {[job.id, job.owner, lasted(job), job.model].filter(Boolean).join(' · ')}
          </Text>
          {job.reason && <Text as="p">{job.reason}</Text>}
          <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
            <Button size="small" variant="secondary" aria-expanded={shown} onPress={() => setShown(!shown)}>
              {shown ? 'Hide the log' : 'Show the log'}
            </Button>
            {goesOn(job) && (
              <Button size="small" variant="secondary" isDisabled={sending} onPress={cancel}>
                Cancel it
              </Button>
            )}
            <Text role="status">{said}</Text>
          </Flex>
          {shown && <JobLog cuebook={cuebook} job={job.id} />}
        </Flex>
      </CardBody>
    </Card>
  );
}

function lasted({ started_at: started, seconds }: JobLine): string {
  if (!started) return 'waits for a slot';
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
