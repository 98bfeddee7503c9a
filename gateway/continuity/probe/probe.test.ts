/** What a probe makes of what a backend shows. */

import { localTime } from '@banyan/route-table/local-time.ts';
import type { Probe, RouteKey } from '@banyan/route-table/route-table.ts';
import { describe, expect, it } from 'vitest';
import type { Known } from '../protocol/keys.ts';
import { bytesOf } from '../testing/notes-app.ts';
import { notesTable } from '../testing/notes-table.ts';
import type { Doubt, Expected } from './findings.ts';
import { expectedIn, findIn, namesWhatItWrites } from './probe.ts';

const table = notesTable();
const routeOf = (key: RouteKey) => {
  const route = table.routes.find((each) => each.key === key);
  if (!route?.probe) throw new Error(`no such write: ${key}`);
  return { ...route, probe: route.probe };
};

const sentAt = Date.now();
const note = (over: object = {}) => ({
  id: 'n1',
  title: 'Note 1',
  created_at: localTime(sentAt),
  updated_at: localTime(sentAt),
  ...over,
});
const lines = (...texts: unknown[]) => ({ note: 'n1', lines: texts.map((text) => ({ text })) });
const params = { note_id: 'n1' };

/** A write that has happened, as the backend shows it, and as it was before. */
const writes: Record<Probe['shows'] | 'ended', Case> = {
  'element-added': {
    key: 'POST /notes',
    known: { params: {} },
    done: [note()],
    before: [],
    place: undefined,
  },
  ended: {
    key: 'POST /notes/:note_id/scans',
    known: { params, request: { name: 'one' } },
    done: { waiting: [], done: [{ name: 'one' }] },
    before: { waiting: [], done: [] },
    place: 'waiting',
    expected: { count: 0, ended: 0 },
  },
  'tail-added': {
    key: 'POST /notes/:note_id/lines',
    known: { params, request: { text: ' hello ' } },
    done: lines('older', 'reply', 'hello', 'reply'),
    before: lines('older', 'reply'),
    place: 'lines',
    expected: { count: 2 },
  },
  'field-set': {
    key: 'PUT /notes/:note_id/title',
    known: { params, request: { title: 'Renamed' } },
    done: [note({ title: 'Renamed' })],
    before: [note()],
    place: undefined,
  },
  'element-gone': {
    key: 'DELETE /notes/:note_id',
    known: { params },
    done: [note({ id: 'n2' })],
    before: [note()],
    place: undefined,
  },
};

interface Case {
  key: RouteKey;
  known: Known;
  done: unknown;
  before: unknown;
  /** The list's member; the list is the whole answer where there is none. */
  place: string | undefined;
  expected?: Expected;
}

interface Given {
  status?: number;
  body?: Uint8Array;
  headers?: string[];
}

function shown(key: RouteKey, json: unknown, { status = 200, body, headers }: Given = {}) {
  const read = table.routes.find((each) => each.key === routeOf(key).probe.read) as never;
  const rawHeaders = headers ?? ['Content-Type', 'application/json'];
  return {
    side: 'legacy' as const,
    read,
    answer: { status, reason: '', rawHeaders, body: body ?? bytesOf(json) },
  };
}

function find(one: Case, json: unknown, given: Given = {}, over: Partial<Doubt> = {}) {
  const { key, known, expected } = one;
  const route = routeOf(key);
  return findIn(route.probe, shown(key, json, given), {
    route,
    known,
    expected,
    sentAt,
    isTaken: () => false,
    isOverlapped: false,
    ...over,
  });
}

describe.each(Object.entries(writes))('a probe for %s', (_shows, one) => {
  it('finds a write that has happened, and not one that has not', () => {
    expect(find(one, one.done).seen).toBe('done');
    expect(find(one, one.before).seen).toBe('not done');
  });

  it.each<[what: string, given: Given]>([
    ['refused', { status: 401 }],
    ['forbidden', { status: 403 }],
    ['not found', { status: 404 }],
    ['too many requests', { status: 429 }],
    ['a fault', { status: 500 }],
    ['away', { status: 503 }],
    ['a redirect', { status: 302, headers: ['Location', '/login'] }],
    ['not modified', { status: 304, body: new Uint8Array() }],
    ['no body', { status: 204, body: new Uint8Array() }],
    ['a login page', { headers: ['Content-Type', 'text/html'], body: Buffer.from('<form>') }],
    ['JSON of another type', { headers: ['Content-Type', 'text/html; charset=utf-8'] }],
    ['half of it', { body: Buffer.from('[{"id": "n1"') }],
    ['compressed', { headers: ['Content-Type', 'application/json'], body: Buffer.from([0x1f, 0x8b, 8]) }],
    ['an error object', { body: bytesOf({ error: 'expired' }) }],
    ['null', { body: bytesOf(null) }],
    ['another place', { body: bytesOf({ data: { items: [] } }) }],
  ])('knows nothing where the read is answered with %s', (_what, given) => {
    expect(find(one, one.before, given)).toMatchObject({
      seen: 'unknown',
      why: expect.stringContaining(' on legacy '),
    });
  });

  it.each<[what: string, given: Given]>([
    ['206', { status: 206 }],
    [
      'a link to the next page',
      { headers: ['Content-Type', 'application/json', 'Link', '</notes?page=2>; rel="next"'] },
    ],
    ['a total', { headers: ['Content-Type', 'application/json', 'X-Total-Count', '40'] }],
  ])('does not take a part of the list for all of it: %s', (_what, given) => {
    const without = one.key.startsWith('DELETE') ? one.done : one.before;
    const kept = one.key.startsWith('PUT') ? [note({ id: 'n2' })] : without;
    expect(find(one, kept, given).seen).toBe('unknown');
  });

  it('knows nothing where the fields that it compares are missing', () => {
    const strip = (list: unknown[]) => list.map(() => ({ other: 1 }));
    const all = one.done as Record<string, unknown[]>;
    const bare = Array.isArray(one.done)
      ? strip(one.done)
      : {
          ...all,
          ...Object.fromEntries(
            Object.entries(all).map(([name, list]) => [name, Array.isArray(list) ? strip(list) : list]),
          ),
        };
    expect(find(one, bare).seen).toBe('unknown');
  });
});

it('cannot count afterwards what it could not count before', () => {
  for (const one of [writes['tail-added'], writes.ended]) {
    const { probe } = routeOf(one.key);
    const refused = expectedIn(probe, shown(one.key, {}, { status: 503 }), one.known);
    expect(refused).toEqual({ unread: expect.stringContaining('answered 503') });
    expect(expectedIn(probe, shown(one.key, { note: 'n1' }), one.known)).toHaveProperty('unread');
    expect(expectedIn(probe, shown(one.key, one.before), one.known)).toEqual(one.expected);
    for (const json of [one.before, one.done])
      expect(find(one, json, {}, { expected: refused })).toMatchObject({
        seen: 'unknown',
        why: expect.stringContaining('answered 503'),
      });
    expect(find(one, one.done, {}, { expected: undefined }).seen).toBe('unknown');
  }
});

it('takes a list that has become shorter for no proof', () => {
  expect(find(writes['tail-added'], lines())).toMatchObject({ seen: 'unknown', isMissing: true });
});

it('finds values that are no texts, and numbers that a path names', () => {
  const { probe, ...route } = routeOf('PUT /notes/:note_id/title');
  const known: Known = { params: { note_id: '7' }, request: { title: true } };
  const seen = (element: object) =>
    findIn(probe, shown(route.key, [element]), {
      route: { ...route, probe },
      known,
      expected: undefined,
      sentAt,
      isTaken: () => false,
      isOverlapped: false,
    }).seen;
  expect(seen({ id: 7, title: true })).toBe('done');
  expect(seen({ id: 7, title: false })).toBe('not done');
  expect(seen({ id: 7, title: { is: true } })).toBe('unknown');
});

it('says where one of several of a kind has been added while others wrote too', () => {
  expect(find(writes.ended, writes.ended.done, {}, { isOverlapped: true }).seen).toBe('unknown');
  expect(find(writes.ended, writes.ended.before, {}, { isOverlapped: true }).seen).toBe('not done');
});

it('leaves alone what a request did not even name', () => {
  const route = routeOf('PUT /notes/:note_id/title');
  expect(namesWhatItWrites(route, { params, request: { title: 'a' } })).toBe(true);
  expect(namesWhatItWrites(route, { params, request: { name: 'a' } })).toBe(false);
  expect(namesWhatItWrites(route, { params, request: undefined })).toBe(false);
});
