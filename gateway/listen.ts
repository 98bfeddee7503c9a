/** Opening and closing a server. */
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const connections = new WeakMap<Server, Set<Socket>>();

/** @returns an address at which the server can be reached from this machine */
export async function listen(server: Server, port: number, host?: string): Promise<string> {
  track(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const everywhere = !host || host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${address.port}`;
}

/** Takes no new connections and ends the idle ones; what is in flight may finish within `grace` milliseconds. */
export async function close(server: Server, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // To Node a connection that has never said anything is not idle; browsers open such ones to have them at hand.
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
  const force = setTimeout(() => server.closeAllConnections(), grace);
  // Connections turn idle one by one; Node closes only those that are when asked.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearTimeout(force);
  clearInterval(sweep);
}

function track(server: Server): void {
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
}
