/**
 * A backend may close an idle connection in the moment that a request goes out on it. What may be sent twice goes on a
 * connection that was used before; everything else gets a connection of its own, which no backend closes as idle, and is
 * never sent again.
 */
import type { ClientRequest } from 'node:http';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { BackendRequest, BackendResponse } from './backend.ts';
import { faultOf } from './faults.ts';
import { wasClosedUnanswered } from './http/agents.ts';

/** Methods whose repetition changes nothing (RFC 9110 9.2.1). */
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @param fresh whether it must not go out on a connection that was used before */
export type Attempt = (
  request: BackendRequest,
  signal: AbortSignal,
  fresh: boolean,
) => Promise<BackendResponse>;

/** Faults of connections that were used before and ended without a byte of an answer. */
const onStale = new WeakSet<Error>();

/** The fault of an attempt. */
export function faultOn(upstream: ClientRequest | undefined, error: Error, backend: BackendName): Error {
  const fault = faultOf(error, backend);
  if (upstream && wasClosedUnanswered(upstream, error)) onStale.add(fault);
  return fault;
}

/** Sends a write once; a read that met a stale connection a second time (RFC 9112 9.3.1). */
export function repeatingReads(attempt: Attempt) {
  return async (request: BackendRequest, signal: AbortSignal): Promise<BackendResponse> => {
    signal.throwIfAborted();
    if (request.body || !safe.has(request.method)) return attempt(request, signal, true);
    try {
      return await attempt(request, signal, false);
    } catch (error) {
      if (!(error instanceof Error && onStale.has(error)) || signal.aborted) throw error;
      return await attempt(request, signal, true);
    }
  };
}
