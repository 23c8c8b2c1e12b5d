import { Alert, Button, Flex } from '@backstage/ui';
import { CuebookError } from './client';

/** Why something is not shown, and the way to try again; a user who may not is told so. */
export function Trouble({ what, failure, again }: { what: string; failure: unknown; again: () => void }) {
  const forbidden = failure instanceof CuebookError && (failure.status === 401 || failure.status === 403);
  const message = failure instanceof Error ? failure.message : String(failure);
  return (
    <Flex direction="column" gap="2">
      <Alert
        role="alert"
        icon
        status={forbidden ? 'warning' : 'danger'}
        title={forbidden ? `You may not see ${what} here` : `No ${what} this time`}
        description={message}
      />
      {!forbidden && (
        <Flex>
          <Button variant="secondary" onPress={again}>
            Try again
          </Button>
        </Flex>
      )}
    </Flex>
  );
}
