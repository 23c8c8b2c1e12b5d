import {
  ApiBlueprint,
  PageBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/frontend-plugin-api';
import { RiQuestionAnswerLine } from '@remixicon/react';
import { ProxiedCuebook, cuebookApiRef } from './client';
import { docsRouteRef, entityRouteRef, rootRouteRef } from './routes';

const cuebookApi = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: cuebookApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: ({ discoveryApi, fetchApi }) => new ProxiedCuebook(discoveryApi, fetchApi),
    }),
});

const askPage = PageBlueprint.make({
  params: {
    path: '/cuebook',
    routeRef: rootRouteRef,
    title: 'Cuebook',
    icon: <RiQuestionAnswerLine />,
    loader: () => import('./AskPage').then(({ AskPage }) => <AskPage />),
  },
});

/** Cuebook for a portal on the new frontend system. */
export default createFrontendPlugin({
  pluginId: 'cuebook',
  title: 'Cuebook',
  routes: { root: rootRouteRef },
  externalRoutes: { docs: docsRouteRef, entity: entityRouteRef },
  extensions: [cuebookApi, askPage],
});
