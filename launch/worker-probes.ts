/** A worker's probes: `/livez`, and `/readyz` while the database answers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProbesOptions {
  /** 0: any free one. */
  port: number;
  /** Rejects, or takes long, where this worker could not work now. */
  check(): Promise<unknown>;
  /** Milliseconds that `check` may take. */
  patience?: number;
}

export interface Probes {
  port: number;
  close(): Promise<void>;
}

export async function startProbes({ port, check, patience = 3000 }: ProbesOptions): Promise<Probes> {
  const server = createServer(async (request, answer) => {
    const say = (status: number, text: string) => {
      answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      answer.end(`${text}\n`);
    };
    if (request.url === '/livez') return say(200, 'live');
    if (request.url !== '/readyz') return say(404, 'nothing here');
    const isReady = await inTime(check(), patience);
    return isReady ? say(200, 'ready') : say(503, 'not ready');
  });
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

async function inTime(check: Promise<unknown>, patience: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patience);
  });
  const settled = check.then(
    () => true,
    () => false,
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
