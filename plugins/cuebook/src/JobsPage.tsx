import { useApi } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import { cuebookApiRef } from './client';
import { Jobs } from './Jobs';

/** The tab of the jobs. */
export function JobsPage() {
  const cuebook = useApi(cuebookApiRef);
  return (
    <Container>
      <Jobs cuebook={cuebook} />
    </Container>
  );
}
