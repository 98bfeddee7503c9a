/** A worker's probes: `/livez`, `/readyz` while the database answers, and `/metrics`, which are counts and durations alone. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refusalAnswer } from '@banyan/gateway/fault-answer.ts';
import { createServer } from '@banyan/operations/connections/server.ts';
import { inTime } from '@banyan/operations/in-time.ts';

export interface ProbesOptions {
  /** 0: any free one. */
  port: number;
  /** Rejects, or takes long, where this worker could not work now. */
  check(): Promise<unknown>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  /** Milliseconds that `check` may take. */
  patience?: number;
}

const prometheus = 'text/plain; version=0.0.4; charset=utf-8';

export interface Probes {
  port: number;
  close(): Promise<void>;
}

export async function startProbes({ port, check, metrics, patience = 3000 }: ProbesOptions): Promise<Probes> {
  const handle = async (request: IncomingMessage, answer: ServerResponse) => {
    const say = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
      answer.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      answer.end(`${text}\n`);
    };
    if (request.url === '/livez') return say(200, 'live');
    if (request.url === '/metrics') return say(200, (await metrics()).trimEnd(), prometheus);
    if (request.url !== '/readyz') return say(404, 'nothing here');
    const ready = () => check().then(() => true);
    const isReady = await inTime(patience, ready, () => false).catch(() => false);
    return isReady ? say(200, 'ready') : say(503, 'not ready');
  };
  const server = createServer({ handle, answerTo: refusalAnswer });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
