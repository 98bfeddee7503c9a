/** Closing a connection so that the client still reads the last answer. */
import type { Socket } from 'node:net';

/** Milliseconds without a byte from the client after which the connection is destroyed. */
const quiet = 500;

/** Such pauses after which the connection is destroyed, even if the client is still sending. */
const mostPauses = 20;

const closing = new WeakSet<object>();

/**
 * Ends our direction, then discards what the client still sends until it closes too, for 10 s at most.
 * RFC 9112 9.6: the kernel resets a connection that is closed with unread bytes, and the reset can take the answer away.
 */
export function closeGently(socket: Socket): void {
  if (closing.has(socket) || socket.destroyed) return;
  closing.add(socket);
  const discard = () => {
    socket.resume();
    destroyWhenQuiet(socket);
  };
  // Before our last byte is sent, the time belongs to the answer.
  if (socket.writableFinished) discard();
  else socket.once('finish', discard);
  if (!socket.writableEnded) socket.end();
}

/** Whether the last answer of this connection was given. */
export function isClosing(socket: object): boolean {
  return closing.has(socket);
}

/** Node calls `destroySoon` after the last answer of a connection, which would destroy it while a client is still sending. */
export function closeGentlyAtEnd(socket: Socket): void {
  socket.destroySoon = () => closeGently(socket);
}

function destroyWhenQuiet(socket: Socket): void {
  let seen = socket.bytesRead;
  let pauses = 0;
  const timer = setInterval(() => {
    if (socket.bytesRead === seen || ++pauses === mostPauses) socket.destroy();
    seen = socket.bytesRead;
  }, quiet);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
