/**
 * An idle connection may be closed by the backend in the moment that a request goes out on it. A read without a body is
 * then sent once more, on a connection of its own; a write never is.
 */
import type { BackendName } from '../../contract/route-table.ts';
import { BanyanError } from '../errors.ts';
import type { BackendRequest, BackendResponse } from './backend.ts';
import { faultOf } from './faults.ts';

/** Methods whose repetition changes nothing (RFC 9110 9.2.1). */
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @param fresh whether it must not go out on a connection that was used before */
export type Attempt = (
  request: BackendRequest,
  signal: AbortSignal,
  fresh: boolean,
) => Promise<BackendResponse>;

const onReused = new WeakSet<Error>();

/** The fault of an attempt, which knows whether the connection had been used before. */
export function faultOn(reused: boolean, error: Error, backend: BackendName): Error {
  const fault = faultOf(error, backend);
  if (reused) onReused.add(fault);
  return fault;
}

/** Sends once, or twice where that is safe. */
export function repeatingReads(attempt: Attempt) {
  return async (request: BackendRequest, signal: AbortSignal): Promise<BackendResponse> => {
    signal.throwIfAborted();
    try {
      return await attempt(request, signal, false);
    } catch (error) {
      if (!mayRepeat(request, error) || signal.aborted) throw error;
      return await attempt(request, signal, true);
    }
  };
}

function mayRepeat(request: BackendRequest, error: unknown): boolean {
  if (request.body || !safe.has(request.method)) return false;
  return error instanceof BanyanError && error.code === 'backend_failed' && onReused.has(error);
}
