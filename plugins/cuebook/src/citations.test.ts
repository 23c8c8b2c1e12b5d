import { describe, expect, it } from 'vitest';
import { citationHref } from './citations';

const pages = {
  docs: ({ namespace, kind, name }: Record<string, string>) => `/docs/${namespace}/${kind}/${name}/`,
  entity: ({ namespace, kind, name }: Record<string, string>) => `/catalog/${namespace}/${kind}/${name}`,
} as never;
const cited = (path: string | null, anchor = '') => ({ entity: 'Component:default/Ranker', path, anchor });

describe('a citation', () => {
  it.each([
    [cited('runbook.md', 'roll-back'), '/docs/default/component/ranker/runbook/#roll-back'],
    [cited('index.md'), '/docs/default/component/ranker/'],
    [cited('guides/README.md', 'a'), '/docs/default/component/ranker/guides/#a'],
    [cited(null), '/catalog/default/component/ranker'],
  ])('of %o opens %s', (citation, href) => {
    expect(citationHref(citation, pages)).toBe(href);
  });

  it('of the model registry opens nothing in the portal', () => {
    expect(citationHref(cited('registry:knn/3'), pages)).toBeUndefined();
  });

  it('opens nothing in a portal without TechDocs', () => {
    expect(citationHref(cited('runbook.md'), {})).toBeUndefined();
  });
});
