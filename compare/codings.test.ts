/** Bodies without their content codings, and bodies that cannot be had without. */
import * as zlib from 'node:zlib';
import { expect, it } from 'vitest';
import { codingsOf, decoded, decodedSync } from './codings.ts';

const body = Buffer.from('{"a": 1}');
const encoders: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
};

it.each(Object.entries(encoders))('decodes %s, and nothing else in its place', async (coding, encode) => {
  expect(await decoded(encode(body), [coding])).toEqual(body);
  expect(decodedSync(encode(body), [coding])).toEqual(body);
  expect(await decoded(body, [coding])).toBeUndefined();
  expect(decodedSync(encode(body).subarray(0, 9), [coding])).toBeUndefined();
});

it('does not decode what grows beyond the limit', async () => {
  for (const [coding, encode] of Object.entries(encoders)) {
    const bomb = encode(Buffer.alloc(100_000));
    expect(await decoded(bomb, [coding], 99_999), coding).toBeUndefined();
    expect(decodedSync(bomb, [coding], 99_999), coding).toBeUndefined();
    expect(await decoded(bomb, [coding], 100_000), coding).toHaveLength(100_000);
  }
});

it('undoes codings in the order opposite to the header’s', async () => {
  const codings = codingsOf([
    'content-ENCODING',
    ' GZip ,, identity',
    'Date',
    'br',
    'Content-Encoding',
    'Br',
  ]);
  expect(codings).toEqual(['gzip', 'br']);
  expect(await decoded(zlib.brotliCompressSync(zlib.gzipSync(body)), codings)).toEqual(body);
});

it('decodes neither unknown codings nor very many', async () => {
  expect(await decoded(body, ['compress'])).toBeUndefined();
  expect(await decoded(body, ['toString'])).toBeUndefined();
  const many = Array.from({ length: 5 }, () => 'gzip');
  const nested = many.reduce((bytes) => zlib.gzipSync(bytes), body);
  expect(await decoded(nested, many)).toBeUndefined();
});
