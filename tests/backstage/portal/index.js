'use strict';
// A Backstage backend in plain CommonJS, so that neither a compiler nor a bundler is needed to start it.
const { createBackend } = require('@backstage/backend-defaults');

const plugins = [
  'auth-backend',
  'auth-backend-module-guest-provider',
  'auth-backend-module-oauth2-proxy-provider',
  'catalog-backend',
  'catalog-backend-module-scaffolder-entity-model',
  'scaffolder-backend',
  'techdocs-backend',
  'proxy-backend',
  ...(process.env.PORTAL_APP ? ['app-backend'] : []),
];

const backend = createBackend();
plugins.forEach(name => backend.add(require(`@backstage/plugin-${name}`)));
backend.start();
