/** Two connections made one. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A connection, and what had been read from it beyond its head. */
export interface End {
  socket: Duplex;
  head: Buffer;
}

/** Carries everything from each to the other, the end of one direction too, until one of them closes. */
export function joinSockets(one: End, other: End): void {
  for (const { socket, head } of [one, other]) {
    if (head.length > 0) socket.unshift(head);
    socket.on('error', () => undefined);
    // A WebSocket may be silent for as long as it likes. If its host is gone without a word, the kernel finds out.
    (socket as Socket).setTimeout(0).setKeepAlive(true, 60_000);
  }
  carry(one.socket, other.socket);
  carry(other.socket, one.socket);
}

function carry(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.once('close', () => {
    if (from.readableEnded && !from.errored) to.end();
    else to.destroy();
  });
}
