/**
 * A backend over HTTP, on http-proxy-middleware. With `selfHandleResponse` it hands over the backend's answer instead of
 * writing it, which is what `send` promises; it is given a request and a response of its own, so that it never sees the
 * client's.
 */
import { EventEmitter } from 'node:events';
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { BanyanError } from '../../errors.ts';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';
import { faultOf } from '../faults.ts';
import type { HttpBackendOptions } from '../http/http-backend.ts';
import { framed, responseOf } from '../http/messages.ts';

type Outcome = { resolve(answer: BackendResponse): void; reject(error: Error): void };

export function hpmBackend(options: HttpBackendOptions): Backend {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: options.idle ?? 4000 });
  const outcomes = new WeakMap<object, Outcome>();
  const proxy = createProxyMiddleware({
    target: options.url,
    agent,
    selfHandleResponse: true,
    // The library's own plugins log each request and write error pages to the client; this is ours in their place.
    ejectPlugins: true,
    plugins: [
      (server) => {
        server.on('proxyRes', (answer, request) => outcomes.get(request)?.resolve(responseOf(answer)));
        server.on('error', (error, request) => outcomes.get(request as object)?.reject(error));
      },
    ],
  });

  return {
    name: options.name,
    async send(request, signal) {
      signal.throwIfAborted();
      const given = requestOf(request);
      // Ended by `close`: the library then destroys the request to the backend.
      const response = Object.assign(new EventEmitter(), {
        writableFinished: false,
        destroy: () => undefined,
      });
      const cancel = () => response.emit('close');
      const { promise, resolve, reject } = Promise.withResolvers<BackendResponse>();
      outcomes.set(given, { resolve, reject });
      const late = () => {
        reject(new BanyanError('backend_timeout', { backend: options.name, deadline: request.deadline }));
        cancel();
      };
      const deadline = setTimeout(late, request.deadline);
      request.body?.on('data', () => deadline.refresh());
      signal.addEventListener('abort', cancel, { once: true });
      try {
        void proxy(given, response as unknown as ServerResponse, (error) => reject(error as Error));
        return await promise;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw faultOf(error as Error, options.name);
      } finally {
        clearTimeout(deadline);
      }
    },
    async close() {
      agent.destroy();
    },
  };
}

/** What the library reads of a request: method, url, headers, and the body that it pipes. */
function requestOf(request: BackendRequest): IncomingMessage {
  const headers: Record<string, string | string[]> = {};
  const list = framed(request);
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  const body = request.body ?? Readable.from([]);
  return {
    method: request.method,
    url: request.target,
    headers,
    httpVersionMajor: 1,
    // The library drops an ECONNRESET without a word where the client's socket is gone; whether it is, we know better.
    socket: { writable: true },
    on: body.on.bind(body),
    once: body.once.bind(body),
    off: body.off.bind(body),
    removeListener: body.removeListener.bind(body),
    pipe: body.pipe.bind(body),
    unpipe: body.unpipe.bind(body),
    resume: body.resume.bind(body),
  } as unknown as IncomingMessage;
}
