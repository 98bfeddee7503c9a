/** What a request's head says of its body. */
import type { IncomingMessage } from 'node:http';

/** Whether a body follows the head. */
export function hasBody(incoming: IncomingMessage): boolean {
  const length = incoming.headers['content-length'];
  return (length !== undefined && length !== '0') || incoming.headers['transfer-encoding'] !== undefined;
}
