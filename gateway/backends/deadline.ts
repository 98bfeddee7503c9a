/** How long the gateway waits for the head of an answer, or for all of it. */
import type { ClientRequest } from 'node:http';
import { Readable } from 'node:stream';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../errors.ts';
import type { BackendRequest, BackendResponse } from './backend.ts';

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

/**
 * Ends the deadline, as the head of the answer is there; or hands it over with the body, where it covers that too.
 * @param timer when it fires, whoever set it has to destroy the body with the error
 */
export function answeredInTime(
  request: Pick<BackendRequest, 'deadlineCovers'>,
  response: BackendResponse,
  timer: NodeJS.Timeout,
): BackendResponse {
  const { body } = response;
  const end = () => clearTimeout(timer);
  if (request.deadlineCovers !== 'answer' || !(body instanceof Readable)) {
    end();
    return response;
  }
  body.once('end', end).once('close', end);
  return { ...response, deadline: { refresh: () => void timer.refresh(), end } };
}
