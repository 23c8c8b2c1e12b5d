import { expect, it } from 'vitest';
import cuebook from './index';

it('brings its client and its page, under ids that app-config can name', () => {
  expect(cuebook.pluginId).toBe('cuebook');
  expect(cuebook.getExtension('api:cuebook')).toBeDefined();
  expect(cuebook.getExtension('page:cuebook')).toBeDefined();
});
