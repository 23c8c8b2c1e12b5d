import { expect, it } from 'vitest';
import cuebook from './index';

it('brings its client, its page and the tabs of it, under ids that app-config can name', () => {
  expect(cuebook.pluginId).toBe('cuebook');
  expect(cuebook.getExtension('api:cuebook')).toBeDefined();
  expect(cuebook.getExtension('page:cuebook')).toBeDefined();
  for (const tab of ['ask', 'plans', 'jobs'] as const)
    expect(cuebook.getExtension(`sub-page:cuebook/${tab}`)).toBeDefined();
});
