/** Content codings of a message (RFC 9110, 8.4): which ones its body has, and the body without them. */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/** A body that grows beyond this when it is decoded is not decoded, in bytes. */
const largestDecoded = 64 * 1024 * 1024;

/** More codings on top of each other than any server applies. */
const mostCodings = 4;

interface Bound {
  maxOutputLength: number;
}

interface Decoder {
  sync(bytes: Uint8Array, bound: Bound): Uint8Array;
  later(bytes: Uint8Array, bound: Bound): Promise<Uint8Array>;
}

const gzip: Decoder = { sync: zlib.gunzipSync, later: promisify(zlib.gunzip) };
const inflate: Decoder = { sync: zlib.inflateSync, later: promisify(zlib.inflate) };
const inflateRaw: Decoder = { sync: zlib.inflateRawSync, later: promisify(zlib.inflateRaw) };
const brotli: Decoder = { sync: zlib.brotliDecompressSync, later: promisify(zlib.brotliDecompress) };
const zstd: Decoder = { sync: zlib.zstdDecompressSync, later: promisify(zlib.zstdDecompress) };

/** `deflate` means the zlib format (RFC 9110, 8.4.1.2); some servers leave that format's frame out. */
const deflate = (bytes: Uint8Array): Decoder => (((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw);

const decoders: Record<string, (bytes: Uint8Array) => Decoder> = {
  gzip: () => gzip,
  'x-gzip': () => gzip,
  deflate,
  br: () => brotli,
  zstd: () => zstd,
};

/** In the order in which they were applied, in lower case; `identity` is none. */
export function codingsOf(rawHeaders: readonly string[]): string[] {
  return rawHeaders.flatMap((text, i) =>
    i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'content-encoding' ? codingsIn(text) : [],
  );
}

/** The codings that a header's value lists. */
export function codingsIn(value: string): string[] {
  const all = value.split(',').map((coding) => coding.trim().toLowerCase());
  return all.filter((coding) => coding !== '' && coding !== 'identity');
}

/** What is compared and read of a message's body: it without its codings, or as it is where it cannot be decoded. */
export function plainBody({
  rawHeaders,
  body,
}: {
  rawHeaders: readonly string[];
  body: Uint8Array;
}): Uint8Array {
  const codings = codingsOf(rawHeaders);
  if (codings.length === 0 || body.byteLength === 0) return body;
  return decodedSync(body, codings) ?? body;
}

/** @returns undefined where a coding is not known, the bytes are not of it, or they grow beyond `largest` */
export function decodedSync(
  body: Uint8Array,
  codings: readonly string[],
  largest = largestDecoded,
): Uint8Array | undefined {
  try {
    let bytes = body;
    for (const choose of decodersOf(codings)) bytes = choose(bytes).sync(bytes, { maxOutputLength: largest });
    return bytes;
  } catch {
    return undefined;
  }
}

/** As `decodedSync`, off the event loop. */
export async function decoded(
  body: Uint8Array,
  codings: readonly string[],
  largest = largestDecoded,
): Promise<Uint8Array | undefined> {
  try {
    let bytes = body;
    for (const choose of decodersOf(codings))
      bytes = await choose(bytes).later(bytes, { maxOutputLength: largest });
    return bytes;
  } catch {
    return undefined;
  }
}

/** In the order in which they undo what was applied. @throws Error for a coding that is not known */
function decodersOf(codings: readonly string[]): ((bytes: Uint8Array) => Decoder)[] {
  if (codings.length > mostCodings) throw new Error('too many codings');
  return codings.toReversed().map((coding) => {
    const choose = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
    if (!choose) throw new Error(`no decoder for ${coding}`);
    return choose;
  });
}
