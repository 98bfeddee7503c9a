/**
 * A backend over HTTP, on http-proxy-middleware. With `selfHandleResponse` it hands over the backend's answer instead of
 * writing it, which is what `send` promises; it is given a request and a response of its own, so that it never sees the
 * client's.
 */
import { EventEmitter } from 'node:events';
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';
import { answeredInTime, lateness } from '../deadline.ts';
import { addressOf } from '../http/address.ts';
import { closeIdle, createAgents } from '../http/agents.ts';
import type { HttpBackendOptions } from '../http/http-backend.ts';
import { breakBody, changesProtocol, dropRest, framed, responseOf } from '../http/messages.ts';
import { UnusableAnswer, unasked } from '../reasons.ts';
import { faultOn, repeatingReads } from '../repeat.ts';
import { sendHead } from '../send-head.ts';
import { requestFor } from './request.ts';

/** What becomes of one request that was given to the library. */
interface Errand {
  sent(upstream: ClientRequest): void;
  answered(answer: IncomingMessage): void;
  failed(error: Error): void;
}

export function hpmBackend(options: HttpBackendOptions): Backend {
  const { authority } = addressOf(options.url);
  const errands = new WeakMap<object, Errand>();
  const { kept, unkept } = createAgents(options);
  const proxyOnKept = proxy(options.url, kept, errands);
  const proxyOnFresh = proxy(options.url, unkept, errands);

  const attempt = (request: BackendRequest, signal: AbortSignal, fresh: boolean) =>
    new Promise<BackendResponse>((resolve, reject) => {
      let upstream: ClientRequest | undefined;
      let answer: IncomingMessage | undefined;
      const failed = (error: Error) => {
        if (answer) breakBody(answer, error);
        else clearTimeout(deadline);
        reject(signal.aborted ? signal.reason : faultOn(upstream, error, options.name));
      };
      const cancel = () => {
        failed(signal.reason as Error);
        upstream?.destroy();
      };
      const deadline = setTimeout(() => {
        const late = lateness(request, options.name, upstream);
        if (answer) return void answer.destroy(late);
        failed(late);
        upstream?.destroy();
      }, request.deadline);
      signal.addEventListener('abort', cancel, { once: true });
      const given = requestFor(request, framed(request, authority), deadline);
      errands.set(given, {
        sent(sending) {
          upstream = sending;
          sending.once('close', () => {
            signal.removeEventListener('abort', cancel);
            if (!answer) failed(new UnusableAnswer(unasked));
          });
          if (request.body) dropRest(request.body, sending);
          if (signal.aborted) sending.destroy();
          else if (request.body?.readableLength === 0) sendHead(sending);
        },
        answered(incoming) {
          if (changesProtocol(incoming)) {
            failed(new UnusableAnswer(unasked));
            upstream?.destroy();
            return;
          }
          answer = incoming;
          resolve(answeredInTime(request, responseOf(incoming), deadline));
        },
        failed,
      });
      void (fresh ? proxyOnFresh : proxyOnKept)(given, unwritten(), (error) => failed(error as Error));
    });

  return {
    name: options.name,
    send: repeatingReads(attempt),
    async close() {
      closeIdle(kept);
    },
  };
}

function proxy(target: string, agent: Agent, errands: WeakMap<object, Errand>): RequestHandler {
  return createProxyMiddleware({
    target,
    agent,
    selfHandleResponse: true,
    // The library's own plugins log each request and write error pages to the client; this is ours in their place.
    ejectPlugins: true,
    plugins: [
      (server) => {
        server.on('proxyReq', (upstream, request) => {
          // The library puts a slash before what does not begin with one: `OPTIONS *`.
          if (request.url === '*') upstream.path = '*';
          errands.get(request)?.sent(upstream);
        });
        server.on('proxyRes', (answer, request) => errands.get(request)?.answered(answer));
        server.on('error', (error, request) => errands.get(request as object)?.failed(error));
      },
    ],
  });
}

/** The library asks for a response to write to, and never gets to write to it. */
function unwritten(): ServerResponse {
  const stub = Object.assign(new EventEmitter(), { writableFinished: false, destroy: () => undefined });
  return stub as unknown as ServerResponse;
}
