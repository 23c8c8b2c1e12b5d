import { ProxiedSignInPage } from '@backstage/core-components';
import { createApp } from '@backstage/frontend-defaults';
import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { SignInPageBlueprint } from '@backstage/plugin-app-react';
import catalogPlugin from '@backstage/plugin-catalog/alpha';
import searchPlugin from '@backstage/plugin-search/alpha';
import techdocsPlugin from '@backstage/plugin-techdocs/alpha';
import cuebookPlugin from '@cuebook/backstage-plugin-cuebook';

/** Signs in whom the proxy in front names in `x-forwarded-user`; the tests send that header themselves. */
const signInPage = SignInPageBlueprint.make({
  params: { loader: async () => props => <ProxiedSignInPage {...props} provider="oauth2Proxy" /> },
});

export default createApp({
  features: [
    catalogPlugin,
    searchPlugin, // TechDocs' reader asks for its client
    techdocsPlugin,
    cuebookPlugin,
    createFrontendModule({ pluginId: 'app', extensions: [signInPage] }),
  ],
});
