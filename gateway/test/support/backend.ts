/** Scripted backends: one over Node's server, and one over bare sockets where bytes matter. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface HttpScript {
  url: string;
  port: number;
  server: Server;
  /** Connections that were opened so far. */
  connections: number;
  /** Requests that came in, in order. */
  requests: IncomingMessage[];
}

/** A backend over Node's server. */
export async function startBackend(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): Promise<HttpScript> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    script.requests.push(incoming);
    answer(incoming, outgoing);
  });
  server.on('connection', () => {
    script.connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const script: HttpScript = { url: `http://127.0.0.1:${port}`, port, server, connections: 0, requests: [] };
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return script;
}

export interface SocketScript {
  url: string;
  port: number;
  /** Every connection, in order. */
  sockets: Socket[];
  /** What each connection has said, as Latin-1. */
  received: string[];
  /** Stops listening and breaks what is open. */
  stop(): Promise<void>;
}

/**
 * A backend over bare sockets.
 * @param answer called with each piece of what a connection says, and all that it has said so far
 */
export async function startSocketBackend(
  answer: (socket: Socket, soFar: string, connection: number, piece: string) => void,
): Promise<SocketScript> {
  const server = createSocketServer((socket) => {
    const connection = script.sockets.push(socket) - 1;
    script.received[connection] = '';
    socket.on('error', () => undefined);
    socket.on('data', (piece: Buffer) => {
      script.received[connection] += piece.toString('latin1');
      answer(socket, script.received[connection] ?? '', connection, piece.toString('latin1'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of script.sockets) socket.destroy();
      server.close(() => resolve());
    });
  const script: SocketScript = { url: `http://127.0.0.1:${port}`, port, sockets: [], received: [], stop };
  onTestFinished(stop);
  return script;
}

/** A backend over bare sockets that gives each request the same bytes for an answer, once its head is there. */
export function startReplier(
  bytes: string,
  then: 'keep' | 'close' | 'reset' = 'keep',
): Promise<SocketScript> {
  return startSocketBackend((socket, soFar) => {
    if (!soFar.endsWith('\r\n\r\n')) return;
    socket.write(Buffer.from(bytes, 'latin1'), () => {
      if (then === 'close') socket.end();
      if (then === 'reset') socket.resetAndDestroy();
    });
  });
}
