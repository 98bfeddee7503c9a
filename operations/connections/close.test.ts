import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { closeGently } from './close.ts';

async function pair(): Promise<{ client: Socket; socket: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection');
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const [socket] = (await accepted) as [Socket];
  client.on('error', () => undefined);
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  return { client, socket };
}

test('time does not run before the last byte was sent', async () => {
  const { client, socket } = await pair();
  const answer = Buffer.alloc(20_000_000, 'x');
  client.pause();
  socket.write(answer);
  closeGently(socket);
  vi.advanceTimersByTime(60_000);
  expect(socket.destroyed).toBe(false);
  let received = 0;
  client.resume();
  client.on('data', (piece) => {
    received += piece.length;
  });
  await once(client, 'end');
  expect(received).toBe(answer.length);
});

test('what the client still sends is discarded for ten seconds, and no longer', async () => {
  const { client, socket } = await pair();
  closeGently(socket);
  await once(client.resume(), 'end');
  for (let half = 1; half < 20; half++) {
    client.write('more');
    await eventually('it is read', () => socket.bytesRead === half * 4);
    vi.advanceTimersByTime(500);
    expect([half, socket.destroyed]).toEqual([half, false]);
  }
  client.write('more');
  await eventually('it is read', () => socket.bytesRead === 20 * 4);
  vi.advanceTimersByTime(500);
  expect(socket.destroyed).toBe(true);
});

test('a client that says nothing more is let go after half a second, one that closes at once', async () => {
  const quiet = await pair();
  closeGently(quiet.socket);
  await once(quiet.client.resume(), 'end');
  await eventually('all is sent', () => quiet.socket.writableFinished);
  vi.advanceTimersByTime(500);
  expect(quiet.socket.destroyed).toBe(true);
  vi.useRealTimers();
  const closing = await pair();
  closeGently(closing.socket);
  closing.client.resume().end();
  await eventually('it is closed', () => closing.socket.closed);
});
