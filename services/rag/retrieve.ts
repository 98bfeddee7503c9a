/** Finds what of a chat's documents a question is about. */
import { firstCodePoints } from '../wire/python/strings.ts';
import type { Found } from './found.ts';
import type { ChatStore } from './store/chat-store.ts';

/** How many chunks are looked at. */
const nearest = 15;
/** Chunks that agree in so many code points are shown once. */
const distinct = 100;

/** As legacy: no threshold, and nothing takes the place of a chunk that is shown already. */
export async function retrieve(store: ChatStore, chatId: string, message: string): Promise<Found[]> {
  if (!(await store.hasDocuments(chatId))) return [];
  const near = await store.similaritySearchWithScore(message, nearest, { chatId });
  const seen = new Set<string>();
  const found: Found[] = [];
  for (const [{ pageContent: text, metadata }, distance] of near) {
    const beginning = firstCodePoints(text, distinct);
    if (seen.has(beginning)) continue;
    seen.add(beginning);
    found.push({ text, metadata, similarity: 1 - distance / 2 });
  }
  return found.sort((a, b) => b.similarity - a.similarity);
}
