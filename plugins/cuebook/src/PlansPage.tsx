import { useApi } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import { cuebookApiRef } from './client';
import { Plans } from './Plans';

/** The tab of the plans. */
export function PlansPage() {
  const cuebook = useApi(cuebookApiRef);
  return (
    <Container>
      <Plans cuebook={cuebook} />
    </Container>
  );
}
