/** A client that goes away in the middle of its request: it is the client's doing, and nobody else's fault. */

import { connect } from '@banyan/operations/testing/client.ts';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { inProcessBackend } from '../backends/in-process/in-process-backend.ts';
import { emptyJournalDump, openJournal } from '../continuity/testing/both.ts';
import { startRig } from '../continuity/testing/rig.ts';
import type { Answered } from '../guards/guard.ts';
import { createLog } from '../log.ts';
import { startRelay } from '../relay/relay.ts';
import { startBackend } from './support/backend.ts';
import { type ForwarderName, forwarderNames, type Line, openOrigin } from './support/origin.ts';

const json = 'Content-Type: application/json\r\n';
const form = 'Content-Type: multipart/form-data; boundary=b\r\n';
const part = '--b\r\nContent-Disposition: form-data; name="pdf"; filename="a.pdf"\r\n\r\n%PDF';
/** Head fields and the beginning of a body that never ends. */
const bodies: [what: string, rest: string][] = [
  ['JSON', `${json}Content-Length: 1000\r\n\r\n{"title": "`],
  ['a form', `${form}Content-Length: 1000\r\n\r\n${part}`],
  ['a chunked body', `${json}Transfer-Encoding: chunked\r\n\r\n5\r\n{"tit\r\n`],
  ['a chunked form that is cut in a chunk', `${form}Transfer-Encoding: chunked\r\n\r\nff\r\n${part}`],
  ['a body of which nothing came', `${json}Content-Length: 1000\r\n\r\n`],
];

/** Says this much and goes. */
async function sayAndGo(port: number, head: string, rest: string, isReached: () => boolean): Promise<void> {
  const client = await connect(port);
  client.write(`${head} HTTP/1.1\r\nHost: example.test\r\n${rest}`);
  await until(isReached, 5000, 'the request to arrive');
  client.socket.destroy();
}

const errors = (log: readonly Line[]) =>
  log.filter(({ msg, fault }) => msg !== 'exchange' || fault !== 'client_gone');

const servers: [string, ForwarderName | 'new'][] = [
  ...forwarderNames.map((name): [string, ForwarderName] => [`legacy (${name})`, name]),
  ['the new backend', 'new'],
];

for (const [server, kind] of servers)
  it.each(bodies)(
    `on its way to ${server}, %s that breaks off is client_gone and no fault`,
    async (_, rest) => {
      let reached = 0;
      const legacy = await startBackend((incoming) => {
        reached += 1;
        incoming.resume();
      });
      const answered: Answered[] = [];
      const origin = await openOrigin({
        legacyUrl: legacy.url,
        onAnswer: (each) => void answered.push(each),
        ...(kind === 'new' ? { modes: { 'POST /things': 'new' } } : { forwarder: kind }),
        newBackend: inProcessBackend('new', async ({ body }) => {
          reached += 1;
          for await (const _chunk of body ?? []);
          return expect.fail('the body has come to its end');
        }),
      });
      await sayAndGo(origin.port, 'POST /things', rest, () => reached === 1);
      expect(await origin.logged(({ msg }) => msg === 'exchange')).toMatchObject({
        level: 30,
        fault: 'client_gone',
      });
      expect(errors(origin.log)).toEqual([]);
      expect(answered).toMatchObject([{ status: undefined, fault: 'client_gone' }]);
    },
  );

it('with a journal it is client_gone too, and nothing is admitted', async () => {
  const db = await openJournal({ folder: 'memory', from: await emptyJournalDump() });
  onTestFinished(() => db.destroy());
  const rig = await startRig(db);
  const note = await rig.make();
  const port = Number(new URL(rig.url).port);
  let gone = 0;
  for (const mode of ['legacy', 'new'] as const) {
    rig.flip(mode);
    for (const [, rest] of bodies) {
      await sayAndGo(port, `PUT /notes/${note}/title`, rest, () => true);
      gone += 1;
      await until(
        () => rig.log.filter(({ fault }) => fault === 'client_gone').length === gone,
        5000,
        'its line',
      );
    }
  }
  expect(errors(rig.log).filter(({ fault, msg }) => fault !== undefined || msg !== 'exchange')).toEqual([]);
  expect(await rig.entries('PUT /notes/:note_id/title')).toEqual([]);
});

it('a backend that breaks off its call of the model is told of as one that hung up', async () => {
  const told: { status?: number; fault?: string }[] = [];
  const tell = (fields: object) => void told.push(fields);
  const log = { ...createLog('silent'), info: tell, warn: tell };
  const relay = await startRelay({ host: '127.0.0.1', port: 0, model: { kind: 'stand-in' }, log });
  onTestFinished(() => relay.close());
  const rest = `x-goog-api-key: ${relay.key}\r\n${json}Content-Length: 1000\r\n\r\n{`;
  await sayAndGo(Number(new URL(relay.url).port), 'POST /v1beta/models/m:generateContent', rest, () => true);
  await until(() => told.length > 0, 5000, 'the line of the call');
  expect(told[0]).toMatchObject({ status: 499 });
  expect(told[0]).not.toHaveProperty('fault');
});
