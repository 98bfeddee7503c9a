/** Reads a ZIP archive, as browsers' test tools wrap an export with its bodies: stored and deflated entries. */
import { inflateRawSync } from 'node:zlib';

/** What all of an archive's entries may have, unpacked. */
const LARGEST = 512 * 1024 * 1024;

/**
 * @returns name to contents, unpacked when it is asked for
 * @throws Error that says what is wrong with the archive
 */
export function unzip(bytes: Buffer): Map<string, () => Buffer> {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0) throw new Error('it is a ZIP archive without an end');
  const count = bytes.readUInt16LE(end + 10);
  const entries = new Map<string, () => Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error('its ZIP directory is broken');
    const [packed, size] = [bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const name = bytes.toString('utf8', at + 46, at + 46 + (nameLength ?? 0));
    total += size;
    if (total > LARGEST) throw new Error(`it has more than ${LARGEST / 1024 / 1024} MiB once it is unpacked`);
    const method = bytes.readUInt16LE(at + 10);
    const local = bytes.readUInt32LE(at + 42);
    entries.set(name, () => contents(bytes, { name, method, local, packed, size }));
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries;
}

interface Place {
  name: string;
  method: number;
  local: number;
  packed: number;
  size: number;
}

function contents(bytes: Buffer, { name, method, local, packed, size }: Place): Buffer {
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const data = bytes.subarray(start, start + packed);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data, { maxOutputLength: Math.max(size, 1) });
  throw new Error(`"${name}" in it is packed in a way that cannot be read`);
}
