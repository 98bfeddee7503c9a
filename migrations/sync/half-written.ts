/** What of a reading may be half a write of legacy's. */
import { derivedId } from '../import/derived-id.ts';
import type { ImportedChat } from '../import/source/chats.ts';
import type { LiveRecords } from './live-chroma.ts';

/** One reading of a chat. */
export interface Seen {
  /** Undefined: legacy has nothing of it. */
  chat: ImportedChat | undefined;
  /** What may be half a write; empty if nothing is. */
  oddities: string;
  /** Seconds until documents that are in no list are no longer presumed to be on their way there. */
  wait: number;
}

export const isSettled = ({ oddities, wait }: Seen, last: Seen | undefined): boolean =>
  wait === 0 && (oddities === '' || oddities === last?.oddities);

/**
 * Legacy writes a memory before the list, a collection before the list, and deletes in such steps too. What is between two steps
 * looks like what its faults leave for good: the latter is still the same some time later.
 */
export function odditiesOf({ listed, messageCount, messages, documents }: ImportedChat): string {
  const odd = documents.filter(
    (document) => !document.listed || document.chunks.length !== document.chunkCount,
  );
  if (listed ? messageCount === messages.length && odd.length === 0 : messages.length + odd.length === 0)
    return '';
  return JSON.stringify([messageCount, messages.length, odd.map(({ id, chunks }) => [id, chunks.length])]);
}

/**
 * A document whose chunks are there and that no list has was deleted, or its upload is about to end.
 * @returns seconds until it counts as deleted
 */
export function waitFor(
  { id: chatId, listed, documents }: ImportedChat,
  records: LiveRecords | undefined,
  settling: number,
): number {
  if (!records || !listed) return 0;
  const unlisted = new Set(documents.filter((document) => !document.listed).map(({ id }) => id));
  const youngest = records.metadatas.reduce<number>((least, metadata, index) => {
    const id = derivedId(chatId, `document ${String(metadata?.doc_id)}`);
    return unlisted.has(id) ? Math.min(least, records.ages[index] ?? 0) : least;
  }, Number.POSITIVE_INFINITY);
  return Math.max(0, settling - youngest);
}
