/** How the id of a chat is stored. */
import { createHash } from 'node:crypto';
import { toStored } from '../db/text.ts';

/** An index entry takes some 2,700 bytes, https://www.postgresql.org/docs/18/btree.html */
const longest = 1000;

/**
 * An id may be anything that fits a URL: a message to an id that nobody made begins a conversation. A long one is stored as
 * its digest; it never has to be read back, as only a request that names it asks for it. `toStored` makes no `\#`.
 */
export function storedChatId(id: string): string {
  const stored = toStored(id);
  if (Buffer.byteLength(stored) <= longest) return stored;
  return `\\#${createHash('sha256').update(stored).digest('hex')}`;
}
