import { createExternalRouteRef, createRouteRef } from '@backstage/frontend-plugin-api';

export const rootRouteRef = createRouteRef();

const params = ['namespace', 'kind', 'name'] as const;
/** TechDocs of an entity, wherever the portal has them. */
export const docsRouteRef = createExternalRouteRef({ params: [...params], defaultTarget: 'techdocs.docRoot' });
/** The page of an entity, wherever the portal has it. */
export const entityRouteRef = createExternalRouteRef({ params: [...params], defaultTarget: 'catalog.catalogEntity' });
