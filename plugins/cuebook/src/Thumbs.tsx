import { Button, Flex, Text } from '@backstage/ui';
import { useState } from 'react';
import type { CuebookApi } from './client';

/** Whether an answer helped; the owner of the docs sees what did not. */
export function Thumbs({ cuebook, answerId }: { cuebook: CuebookApi; answerId: string }) {
  const [said, setSaid] = useState('');
  const [sending, setSending] = useState(false);

  async function rate(helpful: boolean) {
    setSending(true);
    try {
      const { status, reason } = await cuebook.rate(answerId, helpful);
      setSaid(status === 'done' ? 'Thank you.' : reason || `Not kept yet: the rating is ${status}.`);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setSending(false);
  }
  return (
    <Flex role="group" aria-label="Did this help?" align="center" gap="2" style={{ flexWrap: 'wrap' }}>
      <Button size="small" variant="secondary" isDisabled={sending} onPress={() => rate(true)}>
        It helped
      </Button>
      <Button size="small" variant="secondary" isDisabled={sending} onPress={() => rate(false)}>
        It did not
      </Button>
      <Text role="status">{said}</Text>
    </Flex>
  );
}
