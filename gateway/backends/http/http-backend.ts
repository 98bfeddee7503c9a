/** A backend over HTTP, on `node:http` alone: header lists go through as they are, bodies as streams. */
import * as http from 'node:http';
import * as https from 'node:https';
import { BanyanError } from '../../errors.ts';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';
import { faultOf } from '../faults.ts';
import { framed, responseOf } from './messages.ts';

export interface HttpBackendOptions {
  name: Backend['name'];
  /** Origin of the backend, e.g. `http://127.0.0.1:5050`. */
  url: string;
  /** How long an unused connection is kept, in milliseconds; shorter than any backend's own idle time. */
  idle?: number;
}

/** Methods whose repetition changes nothing (RFC 9110 9.2.1), and that may be sent again on a fresh connection. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @example const legacy = httpBackend({ name: 'legacy', url: 'http://127.0.0.1:5050' }) */
export function httpBackend(options: HttpBackendOptions): Backend {
  const { hostname, port, protocol } = new URL(options.url);
  const client = protocol === 'https:' ? https : http;
  // The agent's timeout closes connections that are not in use; those in use have the request's deadline.
  const agent = new client.Agent({ keepAlive: true, scheduling: 'lifo', timeout: options.idle ?? 4000 });
  const address = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port || undefined,
    agent,
    servername: hostname,
  };

  const attempt = (request: BackendRequest, signal: AbortSignal) =>
    new Promise<BackendResponse>((resolve, reject) => {
      const upstream = client.request({
        ...address,
        method: request.method,
        path: request.target,
        headers: framed(request),
      });
      const deadline = setTimeout(
        () =>
          upstream.destroy(
            new BanyanError('backend_timeout', { backend: options.name, deadline: request.deadline }),
          ),
        request.deadline,
      );
      const abort = () => upstream.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      upstream.once('response', (answer) => {
        clearTimeout(deadline);
        answer.once('close', () => signal.removeEventListener('abort', abort));
        resolve(responseOf(answer));
      });
      upstream.on('error', (error) => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', abort);
        if (signal.aborted) reject(signal.reason as Error);
        else
          reject(Object.assign(faultOf(error, options.name), { onReusedConnection: upstream.reusedSocket }));
      });
      if (!request.body) {
        upstream.end();
        return;
      }
      request.body.on('data', () => deadline.refresh());
      request.body.on('error', (error) => upstream.destroy(error));
      request.body.pipe(upstream);
    });

  return {
    name: options.name,
    async send(request, signal) {
      signal.throwIfAborted();
      try {
        return await attempt(request, signal);
      } catch (error) {
        if (!mayRepeat(request, error, signal)) throw error;
        return await attempt(request, signal);
      }
    },
    async close() {
      agent.destroy();
    },
  };
}

/**
 * An idle connection may be closed by the backend in the moment that a request goes out on it. A read without a body is
 * then sent once more; a write never is.
 */
function mayRepeat(request: BackendRequest, error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || request.body || !safe.has(request.method)) return false;
  if (!(error instanceof BanyanError) || error.code !== 'backend_failed') return false;
  return 'onReusedConnection' in error && error.onReusedConnection === true;
}
