/** Entries as the gateway handles them. Ids in them are public ones. */

import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { type Selectable, sql } from 'kysely';
import type { Body } from '../bodies/bodies.ts';
import type { EntryState, MirrorState, StoredAnswer, StoredRequest } from '../protocol/entry.ts';
import { isFed } from '../protocol/roles.ts';
import type { EntryTable, JournalDb } from './tables.ts';

export interface Entry {
  id: string;
  state: EntryState;
  route: RouteKey;
  /** Who served it. */
  side: BackendName;
  request: StoredRequest;
  body: Body | undefined;
  /** What the serving side showed before; of the probe's own shape. */
  expected: unknown;
  admittedAt: Date;
  keys: readonly string[];
  overlapped: boolean;
  /** As the client got it; undefined while there is none, or where a probe has settled it: then `learned` says what it saw. */
  answer: StoredAnswer | undefined;
  learned: unknown;
  /** What the serving side asked the model; undefined where it asked nothing, or where that was lost. */
  calls: ModelCallSeen[] | undefined;
  /** Whether the serving side made a model call that could not be tied to it. */
  isUntied: boolean;
  mirror: MirrorState;
  mirrorExpected: unknown;
  mirrorSentAt: Date | undefined;
  /** How old both were when the entry was read, in milliseconds: by the database's clock alone, which may not be the gateway's. */
  admittedAgo: number;
  mirrorSentAgo: number | undefined;
  /** `performance.now()` when the entry had been read, and when it was asked for. */
  readAt: number;
  askedAt: number;
  attempts: number;
  pinned: boolean;
}

/** Whether the other side is to be given it, once it has taken effect. */
export const isToBeFed = ({ request, side }: Pick<Entry, 'request' | 'side'>) =>
  isFed(request.mode ?? 'new', side);

const parsed = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));

/** A row with what only the database's clock can tell of it. */
type EntryRow = Selectable<EntryTable> & { admitted_ago: number; sent_ago: number | null };

/** How old an entry is now that was so old when it was read. */
export const ageNow = ({ readAt }: Entry, ago: number): number => ago + performance.now() - readAt;

/**
 * The moment that lies so far back, in milliseconds since 1970 by this process' clock. Rather too early than too late: what came after
 * it may have come before.
 */
export const momentAgo = ({ askedAt }: Entry, ago: number): number =>
  Date.now() - (ago + performance.now() - askedAt);

function toEntry(row: EntryRow, keys: readonly string[], askedAt: number): Entry {
  const request = parsed(row.request) as StoredRequest;
  const head = parsed(row.answer) as
    | (Omit<StoredAnswer, 'body'> & { calls?: ModelCallSeen[]; isUntied?: boolean })
    | { learned?: unknown }
    | undefined;
  return {
    id: row.id,
    state: row.state,
    route: row.route,
    side: row.side,
    request,
    body: row.body ? { bytes: row.body } : request.bodyFile ? { file: request.bodyFile } : undefined,
    expected: parsed(row.expected),
    admittedAt: row.admitted_at,
    keys,
    overlapped: row.overlapped,
    answer: answerOf(head, row.answer_body),
    calls: head && 'status' in head ? head.calls : undefined,
    isUntied: (head && 'status' in head && head.isUntied) ?? false,
    learned: head && 'learned' in head ? head.learned : undefined,
    mirror: row.mirror,
    mirrorExpected: parsed(row.mirror_expected),
    mirrorSentAt: row.mirror_sent_at ?? undefined,
    admittedAgo: row.admitted_ago,
    mirrorSentAgo: row.sent_ago ?? undefined,
    readAt: performance.now(),
    askedAt,
    attempts: row.attempts,
    pinned: row.pinned,
  };
}

/**
 * @param head as it is stored: of an answer, or what a probe has learned
 * @returns undefined where there was no answer
 */
export function answerOf(head: object | undefined, body: Uint8Array | null): StoredAnswer | undefined {
  if (!head || !('status' in head)) return undefined;
  const { status, reason, rawHeaders } = head as Omit<StoredAnswer, 'body'>;
  return { status, reason, rawHeaders, body: body ?? new Uint8Array() };
}

export async function loadEntry(db: JournalDb, id: string): Promise<Entry | undefined> {
  return (await loadEntries(db, [id]))[0];
}

/** Those that there are, in the order of the ids. */
export async function loadEntries(db: JournalDb, ids: readonly string[]): Promise<Entry[]> {
  if (ids.length === 0) return [];
  const askedAt = performance.now();
  const rows = await db
    .selectFrom('entries as e')
    .selectAll('e')
    .select([ago('e.admitted_at').as('admitted_ago'), ago('e.mirror_sent_at').as('sent_ago')])
    .select((e) =>
      e
        .selectFrom('entry_keys as k')
        .select(sql<string>`coalesce(json_agg(k.key order by k.key), '[]')::text`.as('keys'))
        .whereRef('k.entry_id', '=', 'e.id')
        .as('keys'),
    )
    .where('e.id', 'in', ids)
    .execute();
  const found = new Map(
    rows.map((row) => [row.id, toEntry(row, JSON.parse(row.keys ?? '[]') as string[], askedAt)]),
  );
  return ids.flatMap((id) => found.get(id) ?? []);
}

export async function keysOf(db: JournalDb, id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('entry_keys')
    .select('key')
    .where('entry_id', '=', id)
    .orderBy('key')
    .execute();
  return rows.map(({ key }) => key);
}

/** A moment of the database's clock as a number, to the microsecond. */
export const seconds = (column: string) => sql<number>`extract(epoch from ${sql.ref(column)})::float8`;

/** Milliseconds since then. */
const ago = (column: string) =>
  sql<number>`(1000 * extract(epoch from clock_timestamp() - ${sql.ref(column)}))::float8`;

/** Writes whose outcome is not known, in the order of their admission, and when that was. */
export async function openEntries(
  db: JournalDb,
): Promise<{ id: string; side: BackendName; keys: string[]; admitted: number }[]> {
  const rows = await db
    .selectFrom('entries')
    .select(['id', 'side', seconds('admitted_at').as('admitted')])
    .where('state', 'in', ['admitted', 'doubt'])
    .orderBy('position')
    .execute();
  return Promise.all(rows.map(async (row) => ({ ...row, keys: await keysOf(db, row.id) })));
}
