/** How long the gateway waits for the head of an answer. */
import type { ClientRequest } from 'node:http';
import type { BackendName } from '../../contract/route-table.ts';
import { BanyanError } from '../errors.ts';
import type { BackendRequest } from './backend.ts';

/** Whose fault it is that there is no answer: the backend's, or that of a client which has stopped sending. */
export function lateness(
  request: BackendRequest,
  backend: BackendName,
  upstream: ClientRequest | undefined,
): BanyanError {
  const { body, deadline } = request;
  const connected = upstream?.socket?.connecting === false;
  const clientOwes = body && !body.readableEnded && connected && !upstream?.writableNeedDrain;
  return clientOwes
    ? new BanyanError('request_timeout')
    : new BanyanError('backend_timeout', { backend, deadline });
}
