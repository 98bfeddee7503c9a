/** Which answers to a replay count as its having been done. */

import { createMatch } from '@banyan/route-table/match.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { z } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { chatTable } from '../../../test/support/chat-table.ts';
import type { Entry } from '../../journal/entries.ts';
import { IdRegistry } from '../../names/id-registry.ts';
import type { StoredAnswer } from '../../protocol/entry.ts';
import type { Sides } from '../../sides/sides.ts';
import { onBothDatabases } from '../../testing/both.ts';
import { bytesOf, type Said } from '../../testing/notes-app.ts';
import { notesTable } from '../../testing/notes-table.ts';
import { type Rig, startRig } from '../../testing/rig.ts';
import { refusalOf } from './acceptance.ts';
import { leadToTheSame } from './location.ts';

const [id, other] = ['0f8c1a52-6f0e-4c36-9d0b-2a5f1c9e7d11', 'a4a3bb4e-3f0e-4d1c-8a55-0f6f5f1c2d3e'];
const json = (status: number, value: unknown, type = 'application/json'): StoredAnswer => ({
  status,
  reason: '',
  rawHeaders: ['Content-Type', type],
  body: bytesOf(value),
});
const text = (status: number, value: string, type = 'text/html; charset=utf-8'): StoredAnswer => ({
  status,
  reason: '',
  rawHeaders: ['Content-Type', type],
  body: Buffer.from(value),
});
const bare = (status: number, ...rawHeaders: string[]): StoredAnswer => ({
  status,
  reason: '',
  rawHeaders,
  body: new Uint8Array(),
});
const redirect = (status: number, to: string) => bare(status, 'Location', to);

const table = notesTable();
const routeOf = (key: string) => table.routes.find((route) => route.key === key) as Route;
const create = routeOf('POST /notes');
const said = routeOf('POST /notes/:note_id/lines');
const rename = routeOf('PUT /notes/:note_id/title');
const chat = chatTable.routes.find(({ key }) => key === 'POST /api/chats/:chat_id/messages') as Route;

function refusal(
  route: Route,
  client: StoredAnswer | undefined,
  answer: StoredAnswer,
  side: 'legacy' | 'new' = 'legacy',
) {
  const request = { method: route.method, target: '/notes', rawHeaders: ['Host', 'app.example'] };
  const entry = {
    answer: client,
    request,
    side: side === 'legacy' ? 'new' : 'legacy',
  } as unknown as Entry;
  const sides = { match: createMatch(table), names: { ids: new IdRegistry() } } as unknown as Sides;
  return refusalOf({ entry, route, side, answer }, sides);
}

const note = (over: object = {}) => ({ id, title: 'A', created_at: 'then', updated_at: 'then', ...over });
const made = json(201, note());
const renamed = json(200, { message: 'renamed' });

describe('an answer counts as done', () => {
  it.each<[what: string, route: Route, client: StoredAnswer | undefined, other: StoredAnswer]>([
    ['the same', create, made, json(201, note({ id: other }))],
    ['another status of the class', create, made, json(200, note({ id: other }))],
    ['another text', rename, renamed, json(200, { message: 'done' })],
    ['a member more', rename, renamed, json(200, { message: 'done', took: 3 })],
    ['nothing twice', rename, bare(204), bare(204)],
    ['nothing, with another status', rename, bare(204), bare(200)],
    ['a page twice', rename, text(200, '<p>a'), text(200, '<p>b')],
    ['a charset', rename, renamed, json(200, { message: 'a' }, 'application/json; charset=utf-8')],
    ['the same redirect', create, redirect(302, '/notes'), redirect(302, 'http://app.example/notes')],
    ['302 for 303', create, redirect(303, '/notes'), redirect(302, '/notes')],
    [
      'a redirect to what was made',
      create,
      redirect(302, `/notes/${id}/lines`),
      redirect(302, `/notes/${other}/lines`),
    ],
    ['a null reply', said, json(200, { reply: 'a', count: 2 }), json(200, { reply: null, count: 2 })],
    ['a good one, where nobody got any', create, undefined, made],
    [
      'a good one, where the client got an error after the effect',
      create,
      json(500, { error: 'late' }),
      made,
    ],
    ['an error object twice', rename, json(200, { error: 'kept' }), json(200, { error: 'too' })],
  ])('%s', (_what, route, client, answer) => {
    for (const side of ['legacy', 'new'] as const)
      expect(refusal(route, client, answer, side)).toBeUndefined();
  });
});

describe('an answer does not count as done', () => {
  const login = '<form><input type="password" name="p"></form>';
  it.each<
    [why: string, route: Route, client: StoredAnswer | undefined, other: StoredAnswer, isFinal: boolean]
  >([
    ['legacy answered 302 to /login; the client got 201: {', create, made, redirect(302, '/login'), false],
    [
      '302 to /login?next=%2Fnotes (another Location); the client got 302 to /notes',
      create,
      redirect(302, '/notes'),
      redirect(302, '/login?next=%2Fnotes'),
      false,
    ],
    [
      '(another Location)',
      create,
      redirect(302, '/notes'),
      redirect(302, 'https://sso.example/notes'),
      false,
    ],
    ['(another redirect)', create, redirect(302, '/notes'), redirect(307, '/notes'), false],
    ['(a Location)', create, made, { ...made, rawHeaders: [...made.rawHeaders, 'Location', '/x'] }, true],
    [
      "200 (text/html, 4 bytes) (it has not JSON, and the client's has JSON)",
      rename,
      renamed,
      text(200, '<ht>'),
      false,
    ],
    [
      "it has not JSON, and the client's has JSON",
      rename,
      renamed,
      text(200, '{"message"', 'application/json'),
      false,
    ],
    ['it asks for a password', rename, text(200, '<p>ok'), text(200, login), false],
    ["it has no body, and the client's has JSON", rename, renamed, bare(204), true],
    ["it has JSON, and the client's has no body", rename, bare(204), renamed, true],
    [
      'its content type is application/problem+json',
      rename,
      renamed,
      json(200, { message: 'a' }, 'application/problem+json'),
      true,
    ],
    ['it says in $.error that it failed', rename, renamed, json(200, { error: 'expired' }), true],
    ['it says in $.ok that it failed', rename, json(200, { ok: true }), json(200, { ok: false }), true],
    ['it is of type list', rename, renamed, json(200, [{ message: 'renamed' }]), true],
    ['it has none of the members', rename, renamed, json(200, { status: 'queued' }), true],
    ['it has no $.id', create, made, json(201, { title: 'A' }), true],
    ['its $.id is null', create, made, json(201, note({ id: null })), true],
    ['its $.id is "none"', create, made, json(201, note({ id: 'none' })), true],
    ['$.id is of type number', create, made, json(201, note({ id: 7 })), true],
    ['it has no $.created_at', create, made, json(201, { id, title: 'A', updated_at: 'then' }), true],
    ['it has no $.reply', said, json(200, { reply: 'a', count: 2 }), json(200, { count: 2 }), true],
    [
      '$.count is of type string',
      said,
      json(200, { reply: 'a', count: 2 }),
      json(200, { reply: 'a', count: '2' }),
      true,
    ],
    [
      'not what the route table documents: $.sources',
      chat,
      json(200, { reply: 'a', sources: [], message_count: 2 }),
      json(200, { reply: 'a', message_count: 2 }),
      true,
    ],
    ['a part of an answer', rename, renamed, json(206, { message: 'a' }), true],
    ['legacy answered 404: {', rename, renamed, json(404, { error: 'gone' }), true],
    ['legacy answered 401: {', rename, renamed, json(401, { error: 'who' }), false],
    ['legacy answered 429', rename, renamed, bare(429), false],
    ['legacy answered 503 (text/html', rename, renamed, text(503, '<h1>'), false],
    ['legacy answered 101', rename, renamed, bare(101), false],
    ['(it is not JSON); the client got no answer', create, undefined, text(200, '<p>'), false],
    ['it has no $.id', create, undefined, json(201, { title: 'A' }), true],
    [
      'legacy answered 302 to /login; the client got no answer',
      create,
      undefined,
      redirect(302, '/login'),
      false,
    ],
    ['legacy answered 500', create, json(500, { error: 'late' }), json(500, { error: 'late' }), false],
  ])('%s', (why, route, client, answer, isFinal) => {
    const found = refusal(route, client, answer);
    expect(found?.message.replace(' from new', '')).toContain(why);
    expect(found).toMatchObject({ isFinal, mayHaveIt: Math.floor(answer.status / 100) !== 4 });
  });
});

describe('two redirects lead to the same place', () => {
  const ids = new IdRegistry();
  ids.add({ kind: 'note', publicId: id, legacyId: other });
  const same = (client: string, there: string, over = {}) =>
    leadToTheSame({
      client,
      other: there,
      side: 'legacy',
      match: createMatch(table),
      ids,
      request: { target: '/notes/deep?q=1', rawHeaders: ['Host', 'app.example:443'] },
      legacyUrl: 'http://10.0.0.7:5000',
      ...over,
    });

  it.each([
    ['/notes', '/notes'],
    ['/notes', 'http://app.example/notes'],
    ['https://app.example/notes', 'http://10.0.0.7:5000/notes'],
    ['/notes/deep?q=1', ''],
    [`/notes/${id}/lines`, `/notes/${other}/lines`],
    [`/notes/${id}/lines?from=3`, `http://10.0.0.7:5000/notes/${other}/lines?from=4`],
    ['/items/17', '/items/23'],
    [`/shelf/${id}#end`, `/shelf/${other}#end`],
  ])('%s and %s', (client, there) => expect(same(client, there)).toBe(true));

  it.each([
    ['/notes', '/login'],
    ['/notes', '/notes/login'],
    ['/items/17', '/items/login'],
    ['/notes', 'https://elsewhere.example/notes'],
    ['/notes?page=a', '/notes?page=b'],
    ['/notes', '/notes?error=1'],
    // Legacy calls this one otherwise.
    [`/notes/${id}/lines`, `/notes/${id.replace('0f', '1f')}/lines`],
    ['/notes', 'http://[broken'],
    [`/notes/${id}/lines`, '/notes/%zz/lines'],
  ])('but not %s and %s', (client, there) => expect(same(client, there)).toBe(false));
});

/** Legacy's next answer to a method, and whether it has done what it was asked. */
function answers({ legacy }: Rig, method: string, odd: Said, does: boolean, times = 1) {
  const { handle } = legacy;
  const asked = { count: 0, isOver: false };
  legacy.handle = async (request) => {
    if (request.method !== method) return handle(request);
    asked.count += 1;
    if (asked.isOver || asked.count > times) return handle(request);
    if (does) await handle(request);
    return odd;
  };
  return asked;
}

const login: Said = { status: 302, json: '', headers: { Location: '/login' } };
const page: Said = { status: 200, json: '', text: '<form>', headers: { 'Content-Type': 'text/html' } };
const pinned = (rig: Rig) =>
  expect.poll(async () => (await rig.continuity.size()).pinned[0]?.reason, { timeout: 10_000 });

onBothDatabases((database) => {
  it('holds a replay that legacy answers otherwise, with both answers, until a person tries it again', async () => {
    const rig = await startRig(database.db);
    const kept = await rig.make();
    await rig.even();
    rig.flip('new');
    const asked = answers(rig, 'PUT', login, false, Number.POSITIVE_INFINITY);
    await rig.ask('PUT', `/notes/${kept}/title`, { title: 'Renamed' });
    await pinned(rig).toMatch(/^legacy answered 302 to \/login: ""; the client got 200: \{.*\} from new$/s);
    // What passes by itself is tried again first.
    expect(asked.count).toBeGreaterThan(1);
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Note 1']);
    asked.isOver = true;
    const [{ id: entry = '' } = {}] = (await rig.continuity.size()).pinned;
    expect(await rig.continuity.operator.retry(entry)).toEqual([entry]);
    await rig.even();
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Renamed']);
  });

  it('sends what was answered with a login page again, and counts nothing as done before it is', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    rig.flip('new');
    const asked = answers(rig, 'POST', page, false);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'once' });
    await rig.even();
    expect(asked.count).toBe(2);
    expect(rig.legacy.linesOf(note)).toEqual(rig.new.linesOf(note));
    expect(rig.paid).toHaveLength(1);
  });

  it.each([login, { status: 200, json: { error: 'late' } }])(
    'takes a replay for done that legacy shows, whatever it answered, and knows its name (%o)',
    async (odd) => {
      const rig = await startRig(database.db);
      rig.flip('new');
      const asked = answers(rig, 'POST', odd, true);
      const note = await rig.make();
      await rig.even();
      expect([asked.count, rig.legacy.notes.length]).toEqual([1, 1]);
      expect(await rig.continuity.size()).toMatchObject({ pinned: [], divergent: 1 });
      rig.flip('legacy');
      await rig.ask('PUT', `/notes/${note}/title`, { title: 'By its public name' });
      expect(rig.legacy.notes[0]?.title).toBe('By its public name');
    },
  );

  it('holds what new answers otherwise, as it does with legacy', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { handle } = rig.new;
    rig.new.handle = async (asked) =>
      asked.method === 'PUT' ? { status: 200, json: { error: 'not allowed' } } : handle(asked);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Renamed' });
    await pinned(rig).toContain('new answered 200');
    expect((await rig.continuity.size()).pinned).toMatchObject([{ side: 'legacy', route: rename.key }]);
  });
});

it('asks of nobody what the first backend does not hold to itself', () => {
  const schema = z.object({ message: z.string(), at: z.string() });
  const openapi = {
    ...rename.openapi,
    responses: { 200: { description: '', content: { 'application/json': { schema } } } },
  };
  const route: Route = { ...rename, openapi };
  expect(refusal(route, renamed, json(200, { message: 'a' }))).toBeUndefined();
  expect(refusal(route, json(200, { message: 'a', at: 'b' }), renamed)?.message).toContain('$.at');
});
