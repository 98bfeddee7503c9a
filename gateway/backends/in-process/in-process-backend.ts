/** A backend in this process: no socket, no second parse. */
import { Readable } from 'node:stream';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';
import { answeredInTime } from '../deadline.ts';

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
      let body: Readable | undefined;
      const end = (reason: unknown) => {
        ended.abort(reason);
        body?.destroy(reason as Error);
        reject(reason);
      };
      const deadline = setTimeout(() => end(late), request.deadline);
      const abort = () => end(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      try {
        const answer = await Promise.race([handle(request, ended.signal), promise]);
        if (answer.body instanceof Readable) body = answer.body;
        return answeredInTime(request, answer, deadline);
      } catch (error) {
        clearTimeout(deadline);
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    async close() {
      await close?.();
    },
  };
}
