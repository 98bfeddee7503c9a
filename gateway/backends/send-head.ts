/** Sending the head of a message before its body is there. */
import type { OutgoingMessage } from 'node:http';

const nothing = Buffer.alloc(0);

/** Not by `flushHeaders`, which writes the head as UTF-8 where everything else writes Latin-1: `é` would be two characters. */
export function sendHead(message: OutgoingMessage): void {
  message.write(nothing);
}
