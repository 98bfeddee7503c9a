import { createHash } from 'node:crypto';

/** An id for what legacy gives none: the same each time, so that an import that is repeated does not make it twice. Shaped as a uuid4. */
export function derivedId(chatId: string, what: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([chatId, what]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
