import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { startBackend } from './support/backend.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

const bodies = [0, 1, 2, 3].map((n) => randomBytes(3_000_000 + n));
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Pieces of all sizes, so that chunks begin and end anywhere in what is read at once. */
function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0, n = 1; at < body.length; at += n, n = (n * 7) % 99_991) yield body.subarray(at, at + n);
}

/** Takes a body slowly enough that everybody behind it has to wait. @returns the hash of what came */
async function slowly(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    body,
    new Writable({
      highWaterMark: 1,
      write(piece: Buffer, _encoding, done) {
        hash.update(piece);
        setImmediate(done);
      },
    }),
  );
  return hash.digest('hex');
}

describe.each(forwarderNames)('large bodies that cross one another, through %s', (forwarder) => {
  test.each(['Content-Length', 'chunks'])('are the same at the other end, with %s', async (framing) => {
    const sized = framing === 'Content-Length';
    const legacy = await startBackend((incoming, outgoing) => {
      const body = bodies[Number(incoming.url?.slice(-1))] as Buffer;
      if (sized) outgoing.setHeader('Content-Length', body.length);
      void slowly(incoming).then((hash) => {
        outgoing.setHeader('X-Sent', hash);
        Readable.from(piecesOf(body), { objectMode: false }).pipe(outgoing);
      });
    });
    const { port } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const exchange = (body: Buffer, n: number) =>
      new Promise((resolve, reject) => {
        const sending = request({ port, method: 'POST', path: `/things?${n}` }, (answer) => {
          slowly(answer).then((received) => resolve({ sent: answer.headers['x-sent'], received }), reject);
        });
        if (sized) sending.setHeader('Content-Length', body.length);
        Readable.from(piecesOf(body), { objectMode: false }).pipe(sending.on('error', reject));
      });
    const results = await Promise.all(bodies.map(exchange));
    expect(results).toEqual(bodies.map((body) => ({ sent: hashOf(body), received: hashOf(body) })));
  });
});
