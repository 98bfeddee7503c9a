import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { checkPorts, type PortUse } from './ports.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

async function taken(host: string): Promise<number> {
  server = createServer();
  await new Promise<void>((resolve) => server?.listen(0, host, resolve));
  const address = server.address();
  return address && typeof address === 'object' ? address.port : 0;
}

const gateway: Omit<PortUse, 'port'> = { host: undefined, what: 'the gateway', variable: 'PORT' };

it('is content with free ports, and leaves them free', async () => {
  const port = await taken('127.0.0.1');
  await new Promise((resolve) => server?.close(resolve));
  await checkPorts([{ ...gateway, port }]);
  await checkPorts([{ ...gateway, port }]);
});

it.each(['127.0.0.1', '0.0.0.0', '::'])(
  'names the port, its use, its holder and the variable, for a holder on %s',
  async (host) => {
    const port = await taken(host);
    await expect(checkPorts([{ ...gateway, port }])).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringMatching(new RegExp(`^Port ${port}, meant for the gateway, is taken by .+\\.$`)),
      advice: 'Stop what holds it, or choose another one with PORT=NUMBER.',
    });
  },
);

it('waits a moment for a port when it is asked to', async () => {
  const port = await taken('127.0.0.1');
  const waiting = checkPorts([{ ...gateway, port }], 5000);
  setTimeout(() => server?.close(), 200);
  await waiting;
});

it('finds two settings with one port', async () => {
  const port = await taken('127.0.0.1');
  await new Promise((resolve) => server?.close(resolve));
  const console: PortUse = { port, host: '127.0.0.1', what: 'the console', variable: 'CONSOLE_PORT' };
  await expect(checkPorts([{ ...gateway, host: '127.0.0.1', port }, console])).rejects.toMatchObject({
    message: `Port ${port}, meant for the console, is taken by another setting of Banyan itself.`,
  });
});

it('says what is wrong with an address that is not this machine’s', async () => {
  await expect(checkPorts([{ ...gateway, host: '192.0.2.1', port: 8080 }])).rejects.toMatchObject({
    code: 'port_refused',
    message: 'Port 8080 on 192.0.2.1, meant for the gateway, cannot be opened (no such address here).',
  });
});
