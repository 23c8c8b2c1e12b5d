// @vitest-environment node
import { readFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('knows the API as it is; `npm run generate` brings it up to date', async () => {
  const document = await readFile('../../tests/golden/openapi.json', 'utf8');
  const generated = astToString(await openapiTS(JSON.parse(document)));

  const kept = await readFile('src/openapi.ts', 'utf8');

  expect(kept.slice(kept.indexOf('export interface paths')).trim()).toBe(generated.trim());
});
