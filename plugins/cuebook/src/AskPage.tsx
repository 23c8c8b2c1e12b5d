import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import { cuebookApiRef } from './client';
import { Conversation } from './Conversation';
import { docsRouteRef, entityRouteRef } from './routes';

/** The page: the conversation, with the portal's own addresses for what is cited. */
export function AskPage() {
  const cuebook = useApi(cuebookApiRef);
  const docs = useRouteRef(docsRouteRef);
  const entity = useRouteRef(entityRouteRef);
  return (
    <Container>
      <Conversation cuebook={cuebook} pages={{ docs, entity }} />
    </Container>
  );
}
