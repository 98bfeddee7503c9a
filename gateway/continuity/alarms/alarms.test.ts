/** What becomes of an alarm: told once, kept, over once the table says otherwise, lifted by a person. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createLog } from '../../log.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import { Alarms } from './alarms.ts';
import { objection, readAlarms } from './stored.ts';

const CREATE = 'POST /api/chats';
const MESSAGE = 'POST /api/chats/:chat_id/messages';
const sighting = { example: 'legacy: $.id is the number 17', kind: 'chat', madeBy: 'legacy' } as const;

function start() {
  const folder = mkdtempSync(join(tmpdir(), 'alarms-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'continuity', 'alarms.json');
  const lines: string[] = [];
  const log = createLog('info', { write: (text: string) => void lines.push(...text.trim().split('\n')) });
  const open = (table = chatTable) => new Alarms({ table, file, log });
  const said = () => lines.map((line) => JSON.parse(line) as { level: number; msg: string; alarm: string });
  return { file, open, said };
}

it('is logged at its first sighting, with what to do, and counted at each', async () => {
  const { open, said } = start();
  const alarms = open();
  for (let i = 0; i < 5; i += 1) alarms.raise(CREATE, 'unsupported_id', sighting);
  alarms.raise('GET /nowhere', 'unsupported_id', sighting);
  expect(said()).toEqual([
    expect.objectContaining({
      level: 50,
      route: CREATE,
      alarm: 'unsupported_id',
      example: sighting.example,
      msg: expect.stringContaining(`alarm: ${CREATE}: A backend answered with an id`),
      do: expect.stringContaining('banyan alarms lift "POST /api/chats"'),
    }),
  ]);
  expect(alarms.all()).toMatchObject([{ route: CREATE, count: 5, example: sighting.example }]);
  await alarms.close();
});

it('is there after a restart, with its count', async () => {
  const { open, said, file } = start();
  const alarms = open();
  for (let i = 0; i < 3; i += 1) alarms.raise(CREATE, 'unsupported_id', sighting);
  await alarms.close();
  const again = open();
  expect(again.all()).toEqual(alarms.all());
  expect(again.makesUnsupported(CREATE, 'legacy')).toBe(true);
  expect(said().at(-1)?.msg).toBe('the alarm still stands');
  expect(objection(readAlarms(file, chatTable).alarms, chatTable, CREATE)).toBe(again.against(CREATE));
});

it('speaks against every route that uses such ids, a model call against its own route alone', () => {
  const { open } = start();
  const alarms = open();
  alarms.raise(MESSAGE, 'untied_model_call', { example: 'Kindly: {message}' });
  const against = () => chatTable.routes.flatMap(({ key }) => (alarms.against(key) ? [key] : []));
  expect(against()).toEqual([MESSAGE]);
  alarms.raise(CREATE, 'unsupported_id', { ...sighting, kind: 'job' });
  expect(against()).toEqual(
    chatTable.routes.flatMap(({ key, ids }) =>
      key === CREATE || key === MESSAGE || ids.some(({ kind }) => kind === 'job') ? [key] : [],
    ),
  );
  expect(alarms.against('anything else')).toBeUndefined();
});

it('is over once the route table declares the route differently', async () => {
  const { open, said } = start();
  const alarms = open();
  alarms.raise(MESSAGE, 'untied_model_call', { example: 'Kindly: {message}' });
  await alarms.close();
  const corrected = chatTable.routes.map((route) =>
    route.key === MESSAGE && route.relay
      ? { ...route, relay: { ...route.relay, lastTurn: ['Kindly: {message}'] } }
      : route,
  );
  const again = open({ ...chatTable, routes: corrected });
  expect([again.all(), again.against(MESSAGE)]).toEqual([[], undefined]);
  expect(said().at(-1)?.msg).toContain('the route table declares the route differently now');
  await again.close();
  expect(open().all()).toEqual([]);
});

it('is lifted for good by a person, until it is seen again', async () => {
  const { open, file } = start();
  const alarms = open();
  alarms.raise(CREATE, 'unsupported_id', sighting);
  expect(await alarms.lift('GET /api/chats')).toEqual([]);
  expect(await alarms.lift(CREATE)).toMatchObject([{ route: CREATE }]);
  expect([alarms.all(), JSON.parse(readFileSync(file, 'utf8'))]).toEqual([[], []]);
  alarms.raise(CREATE, 'unsupported_id', sighting);
  expect(alarms.all()).toMatchObject([{ count: 1 }]);
});

it('is raised also where the disk takes nothing, and a file that cannot be read is none', async () => {
  const { open, file } = start();
  const first = open();
  first.raise(CREATE, 'unsupported_id', sighting);
  await first.close();
  writeFileSync(file, '[{"route":');
  const alarms = open();
  expect(alarms.all()).toEqual([]);
  rmSync(join(file, '..'), { recursive: true });
  writeFileSync(join(file, '..'), 'no folder');
  alarms.raise(CREATE, 'unsupported_id', sighting);
  await alarms.close();
  expect([alarms.all().length, existsSync(file)]).toEqual([1, false]);
});
