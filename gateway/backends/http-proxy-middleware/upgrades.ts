/** WebSocket upgrades, carried to a backend by http-proxy-middleware. */
import { Agent, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { faultOf } from '../faults.ts';

export interface UpgradesOptions {
  /** Origin of the legacy backend. */
  url: string;
  /** The headers that the backend gets; `Connection` and `Upgrade` are added again. */
  headersOf: (incoming: IncomingMessage) => string[];
  log: Logger;
}

export interface Upgrades {
  handle(incoming: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends the connections that are still open. */
  close(): void;
}

export function createUpgrades(options: UpgradesOptions): Upgrades {
  const open = new Set<Duplex>();
  const proxy = createProxyMiddleware({
    target: options.url,
    // An upgraded connection is never given back.
    agent: new Agent({ keepAlive: false }),
    ejectPlugins: true,
    plugins: [
      (server) =>
        server.on('error', (error, _request, socket) => {
          const fault = faultOf(error, 'legacy');
          options.log.warn({ fault: fault.message }, 'upgrade');
          if (socket && 'writable' in socket) refuseUpgrade(socket as unknown as Duplex, fault);
        }),
    ],
  });
  return {
    handle(incoming, socket, head) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      incoming.headers = upgradeHeaders(incoming, options.headersOf(incoming));
      proxy.upgrade(incoming, socket as Socket, head);
    },
    close() {
      for (const socket of open) socket.destroy();
    },
  };
}

function upgradeHeaders(incoming: IncomingMessage, list: readonly string[]): IncomingMessage['headers'] {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] as string).toLowerCase();
    const before = headers[name];
    headers[name] = before === undefined ? (list[i + 1] as string) : [before, list[i + 1] as string].flat();
  }
  headers.connection = 'Upgrade';
  headers.upgrade = incoming.headers.upgrade ?? 'websocket';
  return headers;
}

function refuseUpgrade(socket: Duplex, error: Error): void {
  if (!socket.writable) return;
  const fault =
    error instanceof BanyanError ? error : new BanyanError('backend_failed', { backend: 'legacy' });
  const body = `${JSON.stringify(fault.toBody())}\n`;
  socket.end(
    `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
