/**
 * The end of a migration: whether legacy can be taken away, and what takes it away. `GET /complete` says what stands in the
 * way, `POST /complete` `{who, yes, why}` completes every route and notes it once nothing is owed any more.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Alarm } from '../continuity/alarms/alarm.ts';
import type { JournalSize } from '../continuity/journal/size.ts';
import { BanyanError } from '../errors.ts';
import type { AuditEntry } from '../flags/model.ts';
import type { FlagStore } from '../flags/store.ts';
import type { WorkSize } from '../work.ts';
import { checked } from './checked.ts';
import { routeStatuses } from './status.ts';

export interface CompletionOptions {
  table: RouteTable;
  store: Pick<FlagStore, 'current' | 'change' | 'faults'>;
  dataFolder: string;
  /** Undefined: writes are not journaled, so nothing is owed. */
  journal: (() => Promise<JournalSize>) | undefined;
  alarms?: (() => readonly Alarm[]) | undefined;
  work: (() => Promise<WorkSize>) | undefined;
  /** Why the two backends are not known to hold the same, as a sentence; not asked where writes are not journaled. */
  uncompared?: ((route: RouteKey) => string | undefined) | undefined;
  /** Milliseconds that the last writes may take to come to their end. */
  patience?: number;
}

export interface Completion {
  /** Routes that would be completed. */
  routes: RouteKey[];
  /** What has to be done before, a sentence each; none: legacy can be taken away. */
  obstacles: string[];
}

export interface Completed {
  changed: AuditEntry[];
  epoch: number;
  /** Whether everything has come to its end, so that the next start needs no legacy. */
  drained: boolean;
}

/** What says that legacy was taken away: the next start looks for it. */
export const completionNote = (dataFolder: string) => join(dataFolder, 'completed.json');

const text = z.string().trim().min(1).max(1000);
const request = z.strictObject({
  who: text.default('console'),
  yes: z.boolean().default(false),
  why: text.optional(),
});

/** To be mounted behind the console's token. */
export function completionRoutes(options: CompletionOptions): Hono {
  return new Hono()
    .get('/complete', async (c) => c.json<Completion>(await lookAt(options)))
    .post('/complete', async (c) => {
      const { who, yes, why } = checked(request, await c.req.json().catch(() => undefined));
      const { obstacles, routes } = await lookAt(options);
      if (obstacles.length > 0) throw new BanyanError('not_completable', { reason: obstacles.join(' ') });
      if (!yes || why === undefined)
        throw new BanyanError('complete_unconfirmed', { routes: `all ${routes.length} routes` });
      const { store, dataFolder } = options;
      const by = { who, why };
      const changed = await store.change({ target: undefined, mode: 'complete', yes, ...by });
      const drained = await isDrained(options);
      if (drained)
        await writeFile(
          completionNote(dataFolder),
          `${JSON.stringify({ ...by, at: new Date().toISOString() })}\n`,
        );
      return c.json<Completed>({ changed, epoch: store.current.epoch, drained });
    });
}

async function lookAt({
  table,
  store,
  journal,
  alarms = () => [],
  work,
  uncompared = () => undefined,
}: CompletionOptions): Promise<Completion> {
  const statuses = routeStatuses(table, store.current);
  const size = await journal?.().catch(() => 'away' as const);
  const uploads = await work?.().catch(() => undefined);
  return {
    routes: statuses.filter(({ mode }) => mode !== 'complete').map(({ route }) => route),
    obstacles: [
      ...(store.faults.length > 0 ? ['The flag file has faults: `banyan status` shows them.'] : []),
      ...statuses
        .filter(({ mode }) => mode !== 'new' && mode !== 'complete')
        .map(({ route, mode }) => `${route} is ${mode}: flip it to new first.`),
      ...alarms().map(({ route }) => `${route} has an alarm: \`banyan alarms\` shows it.`),
      ...(size === 'away' ? ['The journal cannot be read: is PostgreSQL running?'] : owedIn(size)),
      ...underWay(uploads),
      ...differencesIn(
        statuses.filter(({ mode }) => mode !== 'complete').map(({ route }) => uncompared(route)),
      ),
    ],
  };
}

function owedIn(size: JournalSize | undefined): string[] {
  if (!size) return [];
  const { lag, doubt, pinned, conflicts } = size;
  const undecided = conflicts.filter(({ kept }) => kept === null).length;
  const stuck = new Set(pinned.map(({ id }) => id)).size;
  const waiting = lag.legacy + lag.new - stuck;
  return [
    ...(waiting > 0
      ? [`${many(waiting, 'write has', 'writes have')} still to be given to a backend: wait.`]
      : []),
    ...(stuck > 0
      ? [`${many(stuck, 'write is', 'writes are')} stuck: \`banyan journal\` shows it; retry or skip it.`]
      : []),
    ...(undecided > 0
      ? [
          `${many(undecided, 'conflict waits', 'conflicts wait')} for a decision, as legacy was written to directly: \`banyan journal\` shows it.`,
        ]
      : []),
    ...(doubt > 0
      ? [
          `${many(doubt, 'write is', 'writes are')} in doubt: wait until it is known whether the write was done.`,
        ]
      : []),
  ];
}

function underWay(uploads: WorkSize | undefined): string[] {
  const count = uploads ? uploads.queued + uploads.processing : 0;
  return count > 0 ? [`${many(count, 'upload is', 'uploads are')} still being processed: wait.`] : [];
}

function differencesIn(reasons: readonly (string | undefined)[]): string[] {
  const reason = reasons.find((each) => each !== undefined);
  return reason === undefined ? [] : [`${reason} Run \`banyan diff\`.`];
}

const many = (count: number, one: string, several: string) => `${count} ${count === 1 ? one : several}`;

/** Writes that were under way when the flags changed are still given to legacy. */
async function isDrained({ journal, patience = 30_000 }: CompletionOptions): Promise<boolean> {
  const end = performance.now() + patience;
  while (journal) {
    const size = await journal().catch(() => undefined);
    if (size && size.underWay + size.doubt + size.lag.legacy + size.lag.new === 0) return true;
    if (performance.now() > end) return false;
    await pause(100);
  }
  return true;
}
