/** What the model is asked, to the byte as legacy asks it. */
import { promptOf } from '../../contract/prompt.ts';
import type { Found } from './found.ts';
import { locationOf } from './sources.ts';

/** @param found empty: the message alone is asked */
export function buildPrompt(message: string, found: readonly Found[]): string {
  const chunks = found.map(({ text, metadata }, index) => ({
    number: index + 1,
    source: metadata.source ?? '',
    location: locationOf(metadata),
    text,
  }));
  return promptOf(message, chunks);
}
