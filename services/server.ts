/** The new backend alone on a port, so that anything can be pointed at it. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Refusal, RefusalAnswer } from '@banyan/operations/connections/refuse.ts';
import { createServer } from '@banyan/operations/connections/server.ts';
import { internalOf } from '@banyan/operations/internal-headers.ts';
import { failure, type Presets } from './handler.ts';
import type { NewBackend } from './new-backend.ts';
import { jsonAnswer, type WireAnswer } from './wire/answers.ts';

export interface ServerOptions {
  backend: NewBackend;
  /** Loopback unless told. */
  host?: string;
  /** 0: any free port. */
  port: number;
  /** What the internal headers must come with; without one, nobody may send them. */
  key?: string | undefined;
  /** Told of what is a defect, and of what is behind the backend and fails. */
  onFault?: (error: unknown) => void;
}

export interface NewBackendServer {
  url: string;
  /** Finishes what is in flight, and closes what is behind it. */
  close(): Promise<void>;
}

/** As much as the legacy app takes in one line. */
const longestHead = 64 * 1024;

/** Starts it and resolves once it listens. */
export async function startNewBackend(options: ServerOptions): Promise<NewBackendServer> {
  const { backend, host = '127.0.0.1', port } = options;
  const inFlight = new Set<Promise<void>>();
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const served = answerTo(incoming, options).then((answer) => respond(incoming, outgoing, answer));
    inFlight.add(served);
    void served.finally(() => inFlight.delete(served));
  };
  const server = createServer(
    { handle, answerTo: refusalAnswer },
    { maxHeaderSize: longestHead, requestTimeout: 0 },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await Promise.allSettled(inFlight);
      server.closeAllConnections();
      await closed;
      await backend.close();
    },
  };
}

/** Never rejects: what fails is told, and answered with 500. */
async function answerTo(incoming: IncomingMessage, options: ServerOptions): Promise<WireAnswer> {
  const { method = 'GET', url: target = '/', rawHeaders } = incoming;
  const request = { method, rawHeaders };
  const internal = internalOf<Presets>(rawHeaders, options.key);
  if (internal === 'refused') {
    const { status, json } = failure(403, 'Internal headers need the key of the new backend');
    return jsonAnswer(request, status, json, 'pretty');
  }
  try {
    // Like the legacy app, it does what it was asked for even where the client does not wait for it.
    const signal = new AbortController().signal;
    return await options.backend.handle({ ...request, target, body: incoming, ...internal }, signal);
  } catch (error) {
    if (!incoming.destroyed || incoming.complete) options.onFault?.(error);
    return jsonAnswer(request, 500, { error: 'The new backend failed' }, 'pretty');
  }
}

const refusalStatuses: Record<Refusal['code'], number> = {
  ambiguous_request: 400,
  malformed_request: 400,
  headers_too_large: 431,
  request_timeout: 408,
};

function refusalAnswer({ code, reason }: Refusal): RefusalAnswer {
  const status = refusalStatuses[code];
  const body = Buffer.from(`${JSON.stringify({ error: `The request is refused: ${reason}` })}\n`);
  return {
    status,
    reason: STATUS_CODES[status] ?? '',
    rawHeaders: ['Content-Type', 'application/json', 'Content-Length', String(body.byteLength)],
    body,
  };
}

function respond(incoming: IncomingMessage, outgoing: ServerResponse, answer: WireAnswer): void {
  outgoing.writeHead(answer.status, answer.reason, answer.rawHeaders);
  outgoing.end(answer.body);
  // What nobody wants any more is read all the same, so that the client comes to the answer.
  incoming.resume();
}
