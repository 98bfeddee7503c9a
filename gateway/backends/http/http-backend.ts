/** A backend over HTTP, on `node:http` alone: header lists go through as they are, bodies as streams. */
import type { IncomingMessage } from 'node:http';
import type { Backend, BackendRequest, BackendResponse } from '../backend.ts';
import { lateness } from '../deadline.ts';
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
      const deadline = setTimeout(
        () => upstream.destroy(lateness(request, options.name, upstream)),
        request.deadline,
      );
      const abort = () => upstream.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      let answered: IncomingMessage | undefined;
      upstream.once('response', (answer) => {
        if (changesProtocol(answer)) {
          upstream.destroy(new UnusableAnswer(unasked));
          return;
        }
        answered = answer;
        clearTimeout(deadline);
        resolve(responseOf(answer));
      });
      const fail = (error: Error) => {
        clearTimeout(deadline);
        if (answered) breakBody(answered, error);
        reject(signal.aborted ? signal.reason : faultOn(upstream, error, options.name));
      };
      upstream.on('error', fail);
      upstream.once('close', () => {
        signal.removeEventListener('abort', abort);
        if (!answered) fail(new UnusableAnswer(unasked));
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
