import { createHash } from 'node:crypto';
import type { ImportedChat } from '../source/chats.ts';

/** Of all that comes over of a chat: the same for the same files. */
export function digestOf({ documents, collection: _, ...chat }: ImportedChat): string {
  const hash = createHash('sha256').update(JSON.stringify(chat));
  for (const { chunks, ...document } of documents) {
    hash.update(JSON.stringify(document));
    for (const { text, metadata, embedding } of chunks)
      hash.update(JSON.stringify([text, metadata])).update(Float32Array.from(embedding));
  }
  return hash.digest('hex');
}
