import {
  ApiBlueprint,
  PageBlueprint,
  SubPageBlueprint,
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

const page = PageBlueprint.make({
  params: { path: '/cuebook', routeRef: rootRouteRef, title: 'Cuebook', icon: <RiQuestionAnswerLine /> },
});

const attachTo = { id: 'page:cuebook', input: 'pages' };

const askTab = SubPageBlueprint.make({
  attachTo,
  name: 'ask',
  params: { path: 'ask', title: 'Ask', loader: () => import('./AskPage').then(({ AskPage }) => <AskPage />) },
});

const plansTab = SubPageBlueprint.make({
  attachTo,
  name: 'plans',
  params: { path: 'plans', title: 'Plans', loader: () => import('./PlansPage').then(({ PlansPage }) => <PlansPage />) },
});

const jobsTab = SubPageBlueprint.make({
  attachTo,
  name: 'jobs',
  params: { path: 'jobs', title: 'Jobs', loader: () => import('./JobsPage').then(({ JobsPage }) => <JobsPage />) },
});

/** Cuebook for a portal on the new frontend system. */
export default createFrontendPlugin({
  pluginId: 'cuebook',
  title: 'Cuebook',
  routes: { root: rootRouteRef },
  externalRoutes: { docs: docsRouteRef, entity: entityRouteRef },
  extensions: [cuebookApi, page, askTab, plansTab, jobsTab],
});
