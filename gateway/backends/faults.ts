/** What a failed connection means, in the words of the catalogue. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../errors.ts';
import { reasonOf } from './reasons.ts';

/** The connection never came about, so the backend has done nothing. */
const neverReached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
]);

/** Turns an error of a connection into one of the catalogue; one that already is stays as it is, and an abort too. */
export function faultOf(error: Error, backend: BackendName): Error {
  if (error instanceof BanyanError || error.name === 'AbortError') return error;
  const code = 'code' in error ? String(error.code) : '';
  // Whatever fails while connecting, a timeout too, has not brought a request anywhere.
  const reached = !neverReached.has(code) && !('syscall' in error && error.syscall === 'connect');
  return reached
    ? new BanyanError('backend_failed', { backend, reason: reasonOf(error) }, error)
    : new BanyanError('backend_unreachable', { backend }, error);
}

/** Why a backend could not be used, for the log; undefined of other faults. */
export function reasonBehind(fault: unknown): string | undefined {
  const isBackends =
    fault instanceof BanyanError && (fault.code === 'backend_failed' || fault.code === 'backend_unreachable');
  return isBackends && fault.cause instanceof Error ? reasonOf(fault.cause) : undefined;
}
