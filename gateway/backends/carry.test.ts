import { once } from 'node:events';
import { get, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startBackend } from '../test/support/backend.ts';
import { carry } from './carry.ts';

const size = 1024 * 1024;
const content = Buffer.alloc(size, '0123456789abcdef!');

/** An answer of 1 MiB, not flowing yet. */
async function answer(): Promise<IncomingMessage> {
  const { url } = await startBackend((_incoming, outgoing) =>
    outgoing.writeHead(200, { 'Content-Length': size }).end(content),
  );
  const [message] = await once(get(url), 'response');
  return message as IncomingMessage;
}

/** Takes each piece late, and remembers it. */
function slow() {
  const pieces: Buffer[] = [];
  const copies: Buffer[] = [];
  const to = new Writable({
    write(piece: Buffer, _encoding, done) {
      setImmediate(() => {
        pieces.push(piece);
        copies.push(Buffer.from(piece));
        done();
      });
    },
  });
  return { to, pieces, text: () => Buffer.concat(copies) };
}

const bytesOf = (pieces: readonly Buffer[]) => pieces.reduce((sum, piece) => sum + piece.byteLength, 0);

describe('a body that is carried', () => {
  test('is whole, and its memory is given back when it is written, not before', async () => {
    const body = await answer();
    const { to, pieces, text } = slow();
    carry(body, to);
    await once(to, 'finish');
    expect(text().equals(content)).toBe(true);
    // Pieces of a few bytes are left to V8.
    expect(bytesOf(pieces)).toBeLessThan(size / 8);
  });

  test('is left alone while somebody else listens, who may keep it', async () => {
    const body = await answer();
    const kept: Buffer[] = [];
    body.on('data', (piece: Buffer) => kept.push(piece));
    const { to } = slow();
    carry(body, to);
    await once(to, 'finish');
    expect(Buffer.concat(kept).equals(content)).toBe(true);
  });

  test('is left alone where it is not a message from the network: its pieces may be anybody’s', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const { to, pieces } = slow();
    carry(Readable.from([piece, piece], { objectMode: false }), to);
    await once(to, 'finish');
    expect(bytesOf(pieces)).toBe(2 * piece.byteLength);
    expect(piece.byteLength).toBe(64 * 1024);
  });

  test('keeps a buffer until the last of its pieces is written', async () => {
    const shared = Buffer.from(content.subarray(0, 64 * 1024));
    const body = new IncomingMessage(new Socket());
    for (const piece of [shared.subarray(0, 20_000), shared.subarray(20_000), null]) body.push(piece);
    const { to, text } = slow();
    carry(body, to);
    await once(to, 'finish');
    expect(text().equals(content.subarray(0, 64 * 1024))).toBe(true);
    expect(shared.byteLength).toBe(0);
  });

  test('waits for whoever takes it', async () => {
    let given = 0;
    const body = new Readable({
      read() {
        this.push(given++ < 1000 ? Buffer.alloc(16 * 1024) : null);
      },
    });
    carry(body, new Writable({ write: () => undefined }));
    for (let i = 0; i < 100; i++) await turn();
    expect(given).toBeLessThan(10);
    body.destroy();
  });

  test('is not written any more to what is closed', async () => {
    const body = new PassThrough();
    const to = new PassThrough();
    carry(body, to);
    to.destroy();
    await once(to, 'close');
    body.resume().end('late');
    await once(body, 'end');
    expect(to.errored).toBeNull();
  });
});
