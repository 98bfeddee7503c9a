/** Bodies of writes that came to nothing take no room, neither in files nor in the journal. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { onBothDatabases } from './testing/both.ts';
import { startRig } from './testing/rig.ts';

const large = { junk: 'x'.repeat(400 * 1024) };
const small = { junk: 'x'.repeat(1000) };

/** Sends a request without an end, as fast as it is taken. @returns what came back once the gateway has closed the connection */
async function sendForEver(url: string, head: string): Promise<string> {
  const { hostname: host, port } = new URL(url);
  const socket = createConnection({ host, port: Number(port) });
  socket.on('error', () => {});
  socket.write(head);
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const send = () => {
    while (socket.writable && socket.write(piece));
  };
  socket.on('drain', send);
  send();
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  await once(socket, 'end');
  socket.destroy();
  return said;
}

onBothDatabases((database) => {
  it('that have no end are answered with 413, the last answer of their connection, and nothing is kept', async () => {
    const rig = await startRig(database.db);
    const head = 'POST /notes HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const said = await sendForEver(rig.url, head);
    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said).toMatch(/\r\nConnection: close\r\n/i);
    expect(said.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(rig.legacy.notes).toEqual([]);
    expect(await rig.bodies()).toEqual([]);
    // A length that says it all is refused before anything is sent.
    const announced = 'POST /notes HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n';
    expect(await sendForEver(rig.url, announced)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await rig.entries('POST /notes')).toEqual([]);
  });

  it('go at once where legacy refuses the write, or could not be reached', async () => {
    const rig = await startRig(database.db);
    const { handle } = rig.legacy;
    rig.legacy.handle = async () => ({ status: 400, json: { error: 'no' } });
    for (const body of [large, small]) expect((await rig.ask('POST', '/notes', body)).status).toBe(400);
    await rig.stopLegacy();
    for (const body of [large, small]) expect((await rig.ask('POST', '/notes', body)).status).toBe(502);
    const isSpent = async () =>
      (await rig.bodies()).length === 0 &&
      (await rig.entries('POST /notes')).every(({ body, request }) => !body && !request.includes('bodyFile'));
    await until(isSpent, 20_000, 'the bodies to go');
    expect((await rig.continuity.size()).bodies).toMatchObject({ files: 0, bytes: 0 });
    expect(await rig.entries('POST /notes')).toHaveLength(4);

    // What has an effect keeps its body until the other backend has been given it, and for as long as its entry is kept.
    await rig.startLegacy();
    rig.legacy.handle = handle;
    expect((await rig.ask('POST', '/notes', large)).status).toBe(201);
    await rig.even();
    expect(await rig.bodies()).toHaveLength(1);
    expect((await rig.continuity.size()).bodies.files).toBe(1);
  });

  it('are refused with 503 where the disk is nearly full, having done nothing; reads go on', async () => {
    let free = 1024 ** 4;
    const rig = await startRig(database.db, { freeBytes: async () => free });
    await rig.make();
    free = 1024;
    const refused = await rig.ask('POST', '/notes', small);
    expect(refused).toMatchObject({ status: 503, json: { error: expect.stringContaining('nearly full') } });
    expect(rig.legacy.notes).toHaveLength(1);
    expect((await rig.ask('GET', '/notes')).status).toBe(200);
    free = 1024 ** 4;
    expect((await rig.ask('POST', '/notes', small)).status).toBe(201);
  });
});
