/** The new backend alone on a port, so that anything can be pointed at it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RouteKey } from '../contract/route-table.ts';
import { createNewBackend, type NewBackendOptions } from './new-backend.ts';

export interface NewBackendServer {
  url: string;
  /** The rows of the table that it serves. */
  implements: ReadonlySet<RouteKey>;
  close(): Promise<void>;
}

/**
 * Starts it and resolves once it listens on loopback.
 * @param options.port 0: any free port
 */
export async function startNewBackend(
  options: NewBackendOptions & { port: number },
): Promise<NewBackendServer> {
  const backend = createNewBackend(options);
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', rawHeaders } = incoming;
    backend.handle({ method, target: url, rawHeaders, body: incoming }).then(
      (answer) => {
        outgoing.writeHead(answer.status, answer.reason, answer.rawHeaders);
        outgoing.end(answer.body);
        incoming.resume();
      },
      (error: Error) => outgoing.destroy(error),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    implements: backend.implements,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
