/** What the client is shown of where an answer comes from. */
import { firstCodePoints } from '../wire/python/strings.ts';
import type { Source } from './answerer.ts';
import type { Found } from './found.ts';

/** Code points of a chunk that are shown at once. */
const shown = 800;

/** `Page 3`, or `Page 2, Table`. */
export function locationOf(metadata: Found['metadata']): string {
  return `Page ${metadata.page}${metadata.type === 'table' ? ', Table' : ''}`;
}

export function buildSources(found: readonly Found[]): Source[] {
  return found.map(({ text, metadata }, index) => ({
    id: index + 1,
    source: metadata.source ?? '',
    location: locationOf(metadata),
    doc_type: metadata.doc_type ?? '',
    content_type: metadata.type ?? '',
    content: firstCodePoints(text, shown),
    full_content: text,
    page: metadata.page ?? '',
  }));
}
