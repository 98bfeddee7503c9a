/** What a failed connection means, in the words of the catalogue. */
import type { BackendName } from '../../contract/route-table.ts';
import { BanyanError } from '../errors.ts';

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

/** Turns an error of a connection into one of the catalogue; one that already is stays as it is. */
export function faultOf(error: Error, backend: BackendName): Error {
  if (error instanceof BanyanError) return error;
  const code = 'code' in error ? String(error.code) : '';
  const reached = !neverReached.has(code);
  return new BanyanError(reached ? 'backend_failed' : 'backend_unreachable', { backend }, error);
}
