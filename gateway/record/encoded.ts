/**
 * A body with a content encoding: decoded to be searched, and encoded again only where a secret was in it, so that what is
 * replayed is otherwise what was sent. One that cannot be read is not recorded: a secret may be in it.
 */
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { Unredactable } from './redaction/stream.ts';

/** Bytes of a body that are kept until it is whole. */
export const LONGEST_ENCODED = 4 * 1024 * 1024;
/** Bytes that it may have once it is decoded: a few kilobytes can be made to decode to gigabytes. */
export const LONGEST_DECODED = 16 * 1024 * 1024;

interface Coding {
  decode(bytes: Buffer): Buffer;
  encode(bytes: Buffer): Buffer;
}

const limit = { maxOutputLength: LONGEST_DECODED };
/** What HTTP calls deflate has a zlib header; some servers send it without (RFC 9110, section 8.4.1.2). */
const hasZlibHeader = (bytes: Buffer) => ((bytes[0] ?? 0) & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0;

const codings: Readonly<Record<string, Coding>> = {
  gzip: { decode: (bytes) => gunzipSync(bytes, limit), encode: gzipSync },
  'x-gzip': { decode: (bytes) => gunzipSync(bytes, limit), encode: gzipSync },
  br: { decode: (bytes) => brotliDecompressSync(bytes, limit), encode: brotliCompressSync },
  zstd: { decode: (bytes) => zstdDecompressSync(bytes, limit), encode: zstdCompressSync },
  deflate: {
    decode: (bytes) =>
      bytes.length > 1 && hasZlibHeader(bytes) ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit),
    encode: deflateSync,
  },
  'raw deflate': { decode: (bytes) => inflateRawSync(bytes, limit), encode: deflateRawSync },
};

/** The codings that a header names, in the order in which they were applied; none where it names none or `identity`. */
export function codingsOf(header: string): string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
}

/** @throws Unredactable */
export function decode(bytes: Buffer, names: readonly string[]): Buffer {
  return names.toReversed().reduce((body, name) => {
    const coding = codings[name];
    if (!coding) throw new Unredactable(`its body has the content encoding "${name}", which cannot be read`);
    try {
      return coding.decode(body);
    } catch (error) {
      const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      throw new Unredactable(
        tooLarge
          ? `its body is larger than ${LONGEST_DECODED / 1024 / 1024} MiB once it is decoded`
          : `its body is not ${name}, as its header says`,
      );
    }
  }, bytes);
}

export function encode(bytes: Buffer, names: readonly string[]): Buffer {
  return names.reduce((body, name) => codings[name]?.encode(body) ?? body, bytes);
}
