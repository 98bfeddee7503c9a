/** Lists of everything, while each side lacks something that the other has. */
import { expect, it } from 'vitest';
import { onPGlite } from '../../../services/db/testing/both.ts';
import type { Db } from '../../../services/db/transaction.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { startRig } from '../testing/rig.ts';
import { type ListRoute, mergedList } from './merged-list.ts';

const answer = (text: string, status = 200): StoredAnswer => ({
  status,
  reason: 'OK',
  body: Buffer.from(text, 'latin1'),
  rawHeaders: ['Content-Type', 'application/json', 'Content-Length', String(text.length)],
});
const text = ({ body }: StoredAnswer) => Buffer.from(body).toString('latin1');

const sortedList: ListRoute = {
  order: { at: '$', by: 'at', direction: 'descending' },
  elements: { at: '$', kind: 'chat', owner: 'id' },
};
const counted: ListRoute = { elements: { at: '$.files', kind: 'chat', owner: 'chat', count: '$.total' } };

it('takes each element from the side that has it, in order, and leaves its bytes as they are', () => {
  const here =
    '[\n  {"id": "a", "at": "5", "t": "old"},\n  {"id": "b",  "at": "4"},\n  {"id": "gone", "at": "1"}\n]\n';
  const there =
    '[\n  {"id": "new", "at": "9"},\n  {"id": "a", "at": "3", "t": "caf\\u00e9"},\n  {"id": "b", "at": "0"}\n]\n';
  const merged = mergedList(sortedList, answer(here), answer(there), (key) => key !== 'chat:b');
  expect(text(merged)).toBe(
    '[\n  {"id": "new", "at": "9"},\n  {"id": "b",  "at": "4"},\n  {"id": "a", "at": "3", "t": "caf\\u00e9"}\n]\n',
  );
  expect(merged.rawHeaders).toEqual([
    'Content-Type',
    'application/json',
    'Content-Length',
    String(text(merged).length),
  ]);
});

it('keeps the groups of a list without an order where the other side has them, and counts', () => {
  const here = '{"files":[{"chat":"a","n":1},{"chat":"c","n":1}],"total":2}';
  const there =
    '{"files":[{"chat":"x","n":1},{"chat":"a","n":9},{"chat":"b","n":1},{"chat":"b","n":2},{"chat":"c","n":9}],"total":5}';
  const behind = new Set(['chat:x', 'chat:b']);
  const merged = mergedList(counted, answer(here), answer(there), (key) => behind.has(key));
  expect(text(merged)).toBe(
    '{"files":[{"chat":"x","n":1},{"chat":"a","n":1},{"chat":"b","n":1},{"chat":"b","n":2},{"chat":"c","n":1}],"total":5}',
  );
});

it.each([
  [
    'the last one is gone',
    '{"files": [\n {"chat": "a"}\n], "total": 1}',
    '{"files": [], "total": 0}',
    '{"files": [], "total": 0}',
  ],
  [
    'the first one comes',
    '{"files": [], "total": 0}',
    '{"files": [\n {"chat": "a"}\n], "total": 1}',
    '{"files": [\n {"chat": "a"}\n], "total": 1}',
  ],
  [
    'one has failed',
    '{"files": [{"chat": "a"}], "total": 1}',
    'no JSON',
    '{"files": [{"chat": "a"}], "total": 1}',
  ],
])('%s', (_, here, there, wanted) => {
  expect(text(mergedList(counted, answer(here), answer(there), () => true))).toBe(wanted);
});

it('does not look into an error', () => {
  const here = answer('[]');
  expect(mergedList(sortedList, here, answer('[{"id":"a"}]', 500), () => true)).toBe(here);
});

/** A rig whose sides both lack something: `release` lets them have it. */
async function bothBehind(db: Db) {
  const rig = await startRig(db);
  const first = await rig.make();
  const second = await rig.make();
  const going = await rig.make();
  await rig.even();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const replay = (method: string) => method !== 'GET';
  rig.flip('new');
  rig.legacy.before = async ({ method }) => void (replay(method) && (await released));
  await rig.ask('PUT', `/notes/${first}/title`, { title: 'On new' });
  await rig.make();
  await rig.ask('DELETE', `/notes/${going}`);
  rig.flip('legacy', 'PUT /notes/:note_id/title');
  rig.new.before = async ({ method }) => void (replay(method) && (await released));
  // What is asked of legacy itself passes; replays are told by where they come from.
  rig.legacy.before = async ({ method, target }) =>
    void (replay(method) && !target.includes(second) && (await released));
  await rig.ask('PUT', `/notes/${second}/title`, { title: 'On legacy' });
  const list = async () => rig.ask('GET', '/notes');
  return { rig, release, list };
}

onPGlite((database) => {
  it('shows every acknowledged write, whoever serves, while each side waits for the other', async () => {
    const { rig, release, list } = await bothBehind(database.db);
    rig.flip('legacy', 'GET /notes');
    const onLegacy = await list();
    expect((onLegacy.json as { title: string }[]).map(({ title }) => title)).toEqual([
      'On legacy',
      'Note 4',
      'On new',
    ]);
    expect(Number(onLegacy.headers.get('content-length'))).toBe(onLegacy.text.length);
    rig.flip('new', 'GET /notes');
    expect((await list()).text).toBe(onLegacy.text);
    release();
    await rig.even();
    expect((await list()).text).toBe(onLegacy.text);
    rig.flip('legacy', 'GET /notes');
    expect((await list()).text).toBe(onLegacy.text);
  });

  it.each(['legacy', 'new'] as const)(
    'shows no list that %s would have to say something to and cannot',
    async (away) => {
      const { rig, release, list } = await bothBehind(database.db);
      const { before } = rig[away];
      rig[away].before = async (asked) => {
        if (asked.method === 'GET') throw new Error('away');
        await before(asked);
      };
      for (const serving of ['legacy', 'new'] as const) {
        rig.flip(serving, 'GET /notes');
        expect((await list()).status).toBeGreaterThanOrEqual(500);
      }
      rig[away].before = before;
      expect((await list()).status).toBe(200);
      release();
      await rig.even();
    },
  );
});
