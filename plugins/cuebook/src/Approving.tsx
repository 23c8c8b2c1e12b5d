import { Button, Flex, PasswordField, Text, TextField } from '@backstage/ui';
import { useState } from 'react';
import type { CuebookApi, PlanAnswer } from './client';

interface ApprovingProps {
  /** Who decides, as the portal's token names them. */
  approver: string;
  digest: string;
  cuebook: CuebookApi;
  onChanged: () => void;
}

/**
 * Where an approver decides about the plan above. A program that they gave a token of theirs to is not told from them by
 * that token, so each decision takes their passphrase; it is sent with the decision, and kept nowhere.
 */
export function Approving({ approver, digest, cuebook, onChanged }: ApprovingProps) {
  const [passphrase, setPassphrase] = useState('');
  const [reason, setReason] = useState('');
  const [said, setSaid] = useState('');
  const [sending, setSending] = useState(false);

  async function decide(way: () => Promise<PlanAnswer>) {
    setSending(true);
    setPassphrase('');
    try {
      const { status, approval } = await way();
      setSaid(approval?.missing && status === 'waiting' ? `Approved; ${approval.missing} more to come.` : `The plan is ${status}.`);
      onChanged();
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setSending(false);
  }
  return (
    <Flex direction="column" gap="2" role="group" aria-label="Decide about this plan" style={{ maxWidth: '28rem' }}>
      <Text as="p">Your Cuebook passphrase decides. Type it only if the plan above is what you want to happen.</Text>
      <PasswordField
        label={`Passphrase of ${approver}`}
        autoComplete="off"
        value={passphrase}
        onChange={setPassphrase}
        isDisabled={sending}
      />
      <TextField label="Reason, if you reject it" value={reason} onChange={setReason} isDisabled={sending} maxLength={500} />
      <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
        <Button size="small" isDisabled={sending || !passphrase} onPress={() => decide(() => cuebook.approve(digest, passphrase))}>
          Approve
        </Button>
        <Button
          size="small"
          variant="secondary"
          isDisabled={sending || !passphrase}
          onPress={() => decide(() => cuebook.reject(digest, passphrase, reason))}
        >
          Reject
        </Button>
        <Text role="status">{said}</Text>
      </Flex>
    </Flex>
  );
}
