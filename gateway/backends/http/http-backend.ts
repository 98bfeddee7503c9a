/** A backend over HTTP, on `node:http` alone: header lists go through as they are, bodies as streams. */
import type { IncomingMessage } from 'node:http';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';
import { answeredInTime, lateness } from '../deadline.ts';
import { UnusableAnswer, unasked } from '../reasons.ts';
import { faultOn, repeatingReads } from '../repeat.ts';
import { addressOf, longestAnswerHead } from './address.ts';
import { closeIdle, createAgents } from './agents.ts';
import { breakBody, changesProtocol, framed, responseOf, sendBody } from './messages.ts';

export interface HttpBackendOptions {
  name: Backend['name'];
  /** Origin of the backend, e.g. `http://127.0.0.1:5050`. */
  url: string;
  /** How long an unused connection is kept, in milliseconds; shorter than the backend's own idle time. 1,500 unless told. */
  idle?: number;
}

/** @example const legacy = httpBackend({ name: 'legacy', url: 'http://127.0.0.1:5050' }) */
export function httpBackend(options: HttpBackendOptions): Backend {
  const { client, authority, ...address } = addressOf(options.url);
  const { kept, unkept } = createAgents(options);

  const attempt = (request: BackendRequest, signal: AbortSignal, fresh: boolean) =>
    new Promise<BackendResponse>((resolve, reject) => {
      const upstream = client.request({
        ...address,
        agent: fresh ? unkept : kept,
        method: request.method,
        path: request.target,
        headers: framed(request, authority),
        maxHeaderSize: longestAnswerHead,
      });
      upstream.maxHeadersCount = 0;
      let answer: IncomingMessage | undefined;
      const deadline = setTimeout(() => {
        // Destroying the answer closes its connection, and its reader learns why.
        (answer ?? upstream).destroy(lateness(request, options.name, upstream));
      }, request.deadline);
      const abort = () => upstream.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      upstream.once('response', (incoming) => {
        if (changesProtocol(incoming)) {
          upstream.destroy(new UnusableAnswer(unasked));
          return;
        }
        answer = incoming;
        resolve(answeredInTime(request, responseOf(incoming), deadline));
      });
      const fail = (error: Error) => {
        if (answer) breakBody(answer, error);
        else clearTimeout(deadline);
        reject(signal.aborted ? signal.reason : faultOn(upstream, error, options.name));
      };
      upstream.on('error', fail);
      upstream.once('close', () => {
        signal.removeEventListener('abort', abort);
        if (!answer) fail(new UnusableAnswer(unasked));
      });
      if (request.body) sendBody(request.body, upstream, deadline);
      else upstream.end();
    });

  return {
    name: options.name,
    send: repeatingReads(attempt),
    async close() {
      closeIdle(kept);
    },
  };
}
