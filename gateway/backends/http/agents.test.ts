import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createAgents } from './agents.ts';

test('what comes on a connection that nobody reads yet is kept, though all read into one buffer', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { unkept } = createAgents({ url: `http://127.0.0.1:${port}` });
  const socket = unkept.createConnection({ host: '127.0.0.1', port }) as Socket;
  onTestFinished(() => void socket.destroy());
  const [backend] = (await once(server, 'connection')) as [Socket];
  backend.write('one');
  await eventually('the first arrives', () => socket.bytesRead === 3);
  backend.end('two');
  await eventually('the second arrives', () => socket.bytesRead === 6);
  expect(Buffer.concat(await socket.toArray()).toString()).toBe('onetwo');
});
