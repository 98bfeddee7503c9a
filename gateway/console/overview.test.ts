import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JournalSize } from '../continuity/journal/size.ts';
import type { FlagStore } from '../flags/store.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { openConsole, shippedFlags } from '../test/support/console.ts';
import { flagFolder } from '../test/support/flag-folder.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import type { RunningConsole } from './console.ts';
import { type Overview, overviewRoutes } from './overview.ts';

const RENAME = 'PUT /api/chats/:chat_id/rename';
const journal: JournalSize = {
  entries: 9,
  bytes: 8192,
  lag: { legacy: 2, new: 1 },
  oldest: 7,
  underWay: 0,
  doubt: 0,
  divergent: 0,
  bodies: { files: 0, bytes: 0, most: 1024 ** 3 },
  doubtful: [],
  conflicts: [],
  waiting: [],
  pinned: [{ id: 'e', route: RENAME, side: 'new', keys: ['chat:1'], reason: 'legacy forgot it', behind: 0 }],
};

let place: ReturnType<typeof flagFolder>;
let store: FlagStore;
let operator: RunningConsole;
beforeEach(async () => {
  place = flagFolder(shippedFlags);
  store = await place.open();
  const overview = overviewRoutes({
    application: 'test application',
    flagFile: place.file,
    table: chatTable,
    store,
    ready: () => true,
    traffic: (route) => (route === RENAME ? { new: { rate: 2, errors: 0.5, p50: 3, p99: 9 } } : {}),
    compared: () => [
      { route: RENAME, matched: 5, accepted: 1, divergent: 2, failed: 0, notCompared: { busy: 3 } },
    ],
    blocked: () => [{ route: RENAME, breach: 'too many', reason: 'It is complete.', since: '' }],
    divergences: () => [],
    lacking: (route) => (route === RENAME ? 'It is not proven.' : undefined),
    journal: async () => journal,
    work: async () => ({ queued: 1, processing: 0, oldest: 3, undelivered: 0, ownerless: 0 }),
  });
  operator = await openConsole(place, store, {
    metrics: { text: async () => 'up 1\n' },
    extensions: [overview],
  });
});
afterEach(async () => {
  await operator.close();
  await store.close();
});

const bearer = () => ({ authorization: `Bearer ${operator.token}` });
const ask = async <T>(path: string) =>
  (await (await fetch(`${operator.url}${path}`, { headers: bearer() })).json()) as T;

it.each(['/metrics', '/api/overview', '/api/events'])('%s needs the token', async (path) => {
  expect((await fetch(`${operator.url}${path}`)).status).toBe(401);
});

it('metrics are in the format that Prometheus reads', async () => {
  const answer = await fetch(`${operator.url}/metrics`, { headers: bearer() });
  expect([answer.headers.get('content-type'), await answer.text()]).toEqual([
    'text/plain; version=0.0.4; charset=utf-8',
    'up 1\n',
  ]);
});

it('an overview has every route with its traffic, comparisons and evidence, the phases, journal, uploads and history', async () => {
  await store.change({ target: 'health', mode: 'new', who: 'ada', why: 'first' });
  const seen = await ask<Overview>('/api/overview');
  expect(seen.routes.find(({ route }) => route === RENAME)).toMatchObject({
    mode: 'legacy',
    traffic: { new: { rate: 2, errors: 0.5 } },
    compared: 8,
    divergences: 2,
    notCompared: [{ count: 3, why: 'as many reads as may be compared at once were being compared' }],
    evidence: 'It is not proven.',
  });
  expect(seen.routes).toHaveLength(14);
  expect(seen.phases.find(({ name }) => name === 'health')).toEqual({
    name: 'health',
    routes: 1,
    onNew: 1,
    share: 1,
  });
  expect(seen).toMatchObject({
    journal: { lag: { legacy: 2 } },
    work: { queued: 1 },
    history: [{ who: 'ada' }],
  });
});

it('an overview says which guards have acted, which cannot, and what the flag file does not say', async () => {
  await store.change({ target: 'health', mode: 'new', who: 'ada', why: 'first' });
  makeUnwritable(place.file);
  await store.rollback({ target: 'health', who: 'guard', why: '9 of 20 bad', how: 'guard' });
  expect(await ask<Overview>('/api/overview')).toMatchObject({
    actedGuards: [{ route: 'GET /api/health', why: '9 of 20 bad' }],
    blockedGuards: [{ route: RENAME, reason: 'It is complete.' }],
    unwritten: { routes: [{ route: 'GET /api/health', mode: 'legacy', said: 'new' }], edits: [{}] },
  });
});

it('events come as soon as something changes', async () => {
  const stop = new AbortController();
  const answer = await fetch(`${operator.url}/api/events`, { headers: bearer(), signal: stop.signal });
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const epochs: number[] = [];
  let rest = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body as ReadableStream<Uint8Array>) {
    rest += decoder.decode(bytes, { stream: true });
    for (const [, data = ''] of rest.matchAll(/^data: (.*)$/gm))
      epochs.push((JSON.parse(data) as Overview).epoch);
    rest = rest.slice(rest.lastIndexOf('\n\n') + 2);
    if (epochs.length === 1) await store.change({ target: 'health', mode: 'new', who: 'ada', why: 'now' });
    if (epochs.length > 1) break;
  }
  stop.abort();
  expect(epochs[1]).toBe((epochs[0] ?? 0) + 1);
});
