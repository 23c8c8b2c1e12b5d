import type { Citation } from './client';

/** An entity's place in the portal. */
export interface EntityPlace {
  kind: string;
  namespace: string;
  name: string;
}

/** The portal's own addresses; undefined where it has no such page. */
export interface PortalPages {
  docs?: (place: EntityPlace) => string;
  entity?: (place: EntityPlace) => string;
}

/** `kind:namespace/name` taken apart, in lower case as TechDocs has it; undefined for anything else. */
export function placeOf(ref: string): EntityPlace | undefined {
  const found = /^([a-z][a-z0-9-]*):([a-z0-9_.-]+)\/([a-z0-9_.-]+)$/i.exec(ref)?.slice(1);
  if (!found) return undefined;
  const [kind, namespace, name] = found.map(part => part.toLowerCase());
  return { kind, namespace, name };
}

/** Where a citation opens in the portal: the TechDocs page at the heading, or the entity; undefined for neither. */
export function citationHref(
  citation: Pick<Citation, 'entity' | 'path' | 'anchor'>,
  pages: PortalPages,
): string | undefined {
  const place = placeOf(citation.entity);
  if (!place) return undefined;
  if (!citation.path) return pages.entity?.(place);
  if (!pages.docs || !citation.path.endsWith('.md')) return undefined;
  const page = citation.path.replace(/\.md$/, '').replace(/(^|\/)(index|README)$/, '$1');
  const path = page.split('/').filter(Boolean).map(encodeURIComponent).join('/');
  const site = pages.docs(place).replace(/\/$/, '');
  const fragment = citation.anchor ? `#${encodeURIComponent(citation.anchor)}` : '';
  return `${site}/${path}${path && '/'}${fragment}`;
}
