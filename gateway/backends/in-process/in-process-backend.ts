/** A backend in this process: no socket, no second parse. */
import type { BackendName } from '../../../contract/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';

/** Takes a request to its answer; it stops working on it when the signal is aborted. */
export type Handle = (request: BackendRequest, signal: AbortSignal) => Promise<BackendResponse>;

export function inProcessBackend(name: BackendName, handle: Handle, close?: () => Promise<void>): Backend {
  return {
    name,
    async send(request, signal) {
      signal.throwIfAborted();
      const late = new BanyanError('backend_timeout', { backend: name, deadline: request.deadline });
      const ended = new AbortController();
      const { promise, reject } = Promise.withResolvers<never>();
      const end = (reason: unknown) => {
        ended.abort(reason);
        reject(reason);
      };
      const deadline = setTimeout(() => end(late), request.deadline);
      const abort = () => end(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await Promise.race([handle(request, ended.signal), promise]);
      } finally {
        clearTimeout(deadline);
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      await close?.();
    },
  };
}
