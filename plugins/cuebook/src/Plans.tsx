import { Badge, Button, Card, CardBody, Flex, Text } from '@backstage/ui';
import { useId, useState, type ReactNode } from 'react';
import { Approving } from './Approving';
import type { CuebookApi, PlanAnswer, PlanLine } from './client';
import { useLoaded } from './loading';
import { PlanDetails } from './PlanDetails';
import { Trouble } from './Trouble';

const OPEN = new Set(['planned', 'approved', 'waiting']);
const CHANGES = new Set([...OPEN, 'running']);

/** What waits for a person's decision, and their own plans: what each would do, whose approval it waits for, and what may be decided. */
export function Plans({ cuebook, seconds }: { cuebook: CuebookApi; seconds?: number }) {
  const { value, failure, again } = useLoaded(() => cuebook.plans(), {
    seconds,
    busy: ({ plans, waiting }) => [...plans, ...waiting].some(({ status }) => CHANGES.has(status)),
  });
  const card = (line: PlanLine, approver?: string) => (
    <PlanCard key={line.digest} line={line} approver={approver} cuebook={cuebook} onChanged={again} />
  );
  return (
    <Flex direction="column" gap="4">
      {failure !== undefined && <Trouble what="plans" failure={failure} again={again} />}
      {!value && failure === undefined && <Text role="status">Looking for your plans</Text>}
      {value && value.waiting.length > 0 && (
        <Listed title="Waiting for your decision">{value.waiting.map(line => card(line, value.approver ?? undefined))}</Listed>
      )}
      {value?.plans.length === 0 && (
        <Text as="p">You have no plans. Whatever changes something is planned first, and is listed here until it is done.</Text>
      )}
      {value && value.plans.length > 0 && <Listed title="Your plans">{value.plans.map(line => card(line))}</Listed>}
    </Flex>
  );
}

function Listed({ title, children }: { title: string; children: ReactNode }) {
  const heading = useId();
  return (
    <section aria-labelledby={heading}>
      <Flex direction="column" gap="4">
        <Text as="h2" variant="title-small" id={heading}>
          {title}
        </Text>
        {children}
      </Flex>
    </section>
  );
}

interface PlanCardProps {
  line: PlanLine;
  /** The user, where the plan waits for their decision. */
  approver?: string;
  cuebook: CuebookApi;
  onChanged: () => void;
}

function PlanCard({ line, approver, cuebook, onChanged }: PlanCardProps) {
  const heading = useId();
  const [shown, setShown] = useState(false);
  return (
    <Card role="article" aria-labelledby={heading}>
      <CardBody>
        <Flex direction="column" gap="2">
          <Flex align="center" gap="2" style={{ flexWrap: 'wrap' }}>
            <Text as="h3" variant="title-x-small" id={heading}>
              {line.action}
            </Text>
            <Badge>{line.status}</Badge>
          </Flex>
          <Text as="p">{line.summary}</Text>
          {approver && <Text as="p">Planned by {line.principal}.</Text>}
          <Flex>
            <Button size="small" variant="secondary" aria-expanded={shown} onPress={() => setShown(!shown)}>
              {shown ? 'Hide the plan' : 'Show the plan'}
            </Button>
          </Flex>
          {shown && (
            <WholePlan cuebook={cuebook} digest={line.digest} status={line.status} approver={approver} onChanged={onChanged} />
          )}
        </Flex>
      </CardBody>
    </Card>
  );
}

interface WholePlanProps {
  cuebook: CuebookApi;
  digest: string;
  /** As the list has it; the plan is read again when that changes. */
  status: string;
  approver?: string;
  onChanged: () => void;
}

function WholePlan({ cuebook, digest, status, approver, onChanged }: WholePlanProps) {
  const { value, failure, again } = useLoaded(() => cuebook.plan(digest));
  if (failure !== undefined) return <Trouble what="plan" failure={failure} again={again} />;
  if (!value) return <Text role="status">Reading the plan</Text>;
  const changed = () => (again(), onChanged());
  return (
    <Flex direction="column" gap="2">
      <Effect answer={value} />
      {approver && <Approving approver={approver} digest={digest} cuebook={cuebook} onChanged={changed} />}
      {!approver && OPEN.has(value.status) && <Deciding key={status} answer={value} cuebook={cuebook} onChanged={changed} />}
    </Flex>
  );
}

function Effect({ answer }: { answer: PlanAnswer }) {
  const { plan, approval } = answer;
  return (
    <Flex direction="column" gap="2" style={{ overflowWrap: 'anywhere' }}>
      <Points title="It will" points={plan.steps} />
      <Points title="It will not" points={plan.will_not} />
      <Points title="Read before it, and nobody vouches for" points={plan.cautions} />
      <Points title="It rests on" points={plan.targets.map(({ ref, revision }) => (revision ? `${ref} @ ${revision}` : ref))} />
      <Text as="p">
        {plan.reversible ? 'It can be undone.' : 'It is irreversible.'} It takes about {cost(plan.estimate)}. It can be applied
        until {moment(answer.expires_at)}.
      </Text>
      {approval && (
        <Text as="p">
          {approval.rule && `Rule “${approval.rule}”: `}
          {sentence(approval.reason)}
          {approval.missing > 0 && ` It takes ${sentence(approval.who)}`}
        </Text>
      )}
      {approval?.given.map(({ approver, decision, at }) => (
        <Text as="p" key={`${approver} ${at}`}>
          {approver} {decision} it, {moment(at)}.
        </Text>
      ))}
      {answer.reason && <Text as="p">{answer.reason}</Text>}
      <PlanDetails details={plan.details} />
      <Text as="p">
        Arguments {JSON.stringify(answer.arguments)}
      </Text>
      <Text as="p">
        Digest <code>{answer.digest}</code>
      </Text>
      {answer.receipt && (
        <Text as="p">
          Done {moment(answer.receipt.at)} by {answer.receipt.by}, row {answer.receipt.audit} of the audit.
        </Text>
      )}
    </Flex>
  );
}

/** What its maker may do. */
function Deciding({ answer, cuebook, onChanged }: { answer: PlanAnswer; cuebook: CuebookApi; onChanged: () => void }) {
  const [said, setSaid] = useState('');
  const [sending, setSending] = useState(false);

  async function decide(way: (digest: string) => Promise<PlanAnswer>) {
    setSending(true);
    try {
      const { status, reason } = await way(answer.digest);
      setSaid(reason || `The plan is ${status}.`);
      onChanged();
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setSending(false);
  }
  return (
    <Flex direction="column" gap="2">
      {answer.status === 'waiting' && (
        <Text as="p">
          An approver decides on their own page of plans here or at Cuebook, or with <code>cuebook approve</code> and this
          digest; it takes their passphrase.
        </Text>
      )}
      <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
        {answer.status !== 'waiting' && (
          <Button size="small" isDisabled={sending} onPress={() => decide(digest => cuebook.apply(digest))}>
            Apply
          </Button>
        )}
        <Button size="small" variant="secondary" isDisabled={sending} onPress={() => decide(digest => cuebook.takeBack(digest))}>
          Take back
        </Button>
        <Text role="status">{said}</Text>
      </Flex>
    </Flex>
  );
}

function Points({ title, points }: { title: string; points: readonly string[] }) {
  const heading = useId();
  if (points.length === 0) return null;
  return (
    <section aria-labelledby={heading}>
      <Text as="h4" variant="body-medium" weight="bold" id={heading}>
        {title}
      </Text>
      <ul style={{ margin: 0 }}>
        {points.map(point => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </section>
  );
}

const sentence = (text: string) => (!text || /[.!?]$/.test(text) ? text : `${text}.`);

/** A time as the reader's own clock has it. */
function moment(time: string): string {
  const at = new Date(time);
  return Number.isNaN(at.valueOf()) ? time : at.toLocaleString();
}

function cost({ cpu_hours: cpu, gpu_hours: gpu, seconds }: PlanAnswer['plan']['estimate']): string {
  const hours = [cpu && `${cpu.toPrecision(2)} CPU-hours`, gpu && `${gpu.toPrecision(2)} GPU-hours`].filter(Boolean);
  return hours.join(' and ') || `${Math.round(seconds)} s`;
}
