/**
 * Bodies on their way. Each piece is a buffer of up to 64 KiB of its own, and for every 64 MB of them V8 would look for
 * garbage in its whole heap, most of which is modules: more than half of the time that large answers took. Memory that is
 * given back at once costs nothing later, and is still in the processor's cache when the next piece is copied into it
 * (docs/decisions/0003-forwarder.md).
 */
import { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';

/** Bytes from which a piece is worth the call. */
const worthIt = 8 * 1024;

/**
 * Writes a body to where it goes, at the pace at which that takes it, and ends it. Pieces of a message from the network
 * are given back when they are written: whoever else listens to the body keeps them from that, for as long as it listens.
 * @param body not flowing yet
 * @param passed told of each piece; it may not keep it
 */
export function carry(body: Readable, to: Writable, passed?: (piece: Buffer) => void): void {
  const fromNetwork = body instanceof IncomingMessage;
  const goOn = () => body.resume();
  const take = (piece: Buffer) => {
    passed?.(piece);
    const ours = fromNetwork && piece.byteLength >= worthIt && body.listenerCount('data') === 1;
    const more = ours ? to.write(piece, (error) => error || release(piece)) : to.write(piece);
    if (more) return;
    body.pause();
    to.once('drain', goOn);
  };
  const end = () => to.end();
  body.on('data', take);
  body.once('end', end);
  to.once('close', () => body.off('data', take).off('end', end));
}

/** Were pieces to share a buffer, they would be written in order: the one at its end last. */
function release({ buffer, byteOffset, byteLength }: Buffer): void {
  if (byteOffset + byteLength === buffer.byteLength) (buffer as ArrayBuffer).transfer(0);
}
