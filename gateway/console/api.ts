/** The console's own interface, under `/api`: what the command line and the pages use. */

import { isAway } from '@banyan/operations/db/away.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Alarm } from '../continuity/alarms/alarm.ts';
import type { AtOnce } from '../continuity/operator.ts';
import { isMode } from '../continuity/protocol/modes.ts';
import { BanyanError } from '../errors.ts';
import type { AuditEntry, UnwrittenFlags } from '../flags/model.ts';
import type { Asked, LeftRoute } from '../flags/plan.ts';
import type { FlagStore } from '../flags/store.ts';
import { unknownMode } from '../flags/unknown-mode.ts';
import type { BlockedGuard } from '../guards/guard.ts';
import { checked } from './checked.ts';
import { routeStatuses, type Status } from './status.ts';

const text = z.string().trim().min(1).max(1000);
const by = { who: text.default('console'), why: text.optional() };
const noReason = 'no reason given';
const flip = z.strictObject({
  target: text,
  mode: text,
  force: z.boolean().default(false),
  yes: z.boolean().default(false),
  ...by,
});
const rollback = z.strictObject({
  target: text.optional(),
  now: z.boolean().default(false),
  /** Of clients from before: every rollback does it. */
  restore: z.boolean().optional(),
  force: z.boolean().default(false),
  ...by,
});
const limit = z.coerce.number().int().min(1).max(10_000).default(50);

export interface ApiOptions {
  application: string;
  flagFile: string;
  table: RouteTable;
  store: FlagStore;
  ready: () => boolean;
  /** Lets legacy serve at once what it has not been given; undefined where writes are not journaled. */
  atOnce?: ((routes: readonly RouteKey[]) => Promise<AtOnce>) | undefined;
  /** Those that stand; none where there is no journal. */
  alarms?: (() => readonly Alarm[]) | undefined;
  log: Pick<Logger, 'error'>;
  /** Guards that would act and cannot. */
  blocked?: (() => readonly BlockedGuard[]) | undefined;
}

/** What an answer to a flip says. */
export interface FlipAnswer {
  changed: AuditEntry[];
  epoch: number;
  /** Routes that a rollback could not take along. */
  left: LeftRoute[];
  /** The flag file had faults: its last good text was put back, and the faulty one kept. */
  restored: boolean;
  /** What is in force and not in the flag file, because it could not be written. */
  unwritten?: UnwrittenFlags;
  /** Of a rollback `now`. */
  atOnce?: AtOnceAnswer;
}

/** What legacy serves without; `unknown` says why nobody can tell, as a sentence. */
export type AtOnceAnswer = AtOnce | { unknown: string };

/**
 * `GET status`, `POST flip` `{target, mode, force?, yes?, who, why}`, `POST rollback` `{target?, now?, force?, who, why}`,
 * `GET history?limit=`. The posts answer a `FlipAnswer`.
 */
export function createApi(options: ApiOptions): Hono {
  const { application, flagFile, table, store, ready } = options;
  const { alarms = () => [], blocked = () => [] } = options;
  const flipped = async (
    asked: Asked,
    change: () => Promise<AuditEntry[]>,
    now = false,
  ): Promise<FlipAnswer> => {
    const wasFaulty = store.faults.length > 0;
    const changed = await change();
    const restored = wasFaulty && store.faults.length === 0;
    const { named, left } = store.plan(asked);
    const { unwritten } = store;
    const answer = { changed, epoch: store.current.epoch, left, restored, ...(unwritten && { unwritten }) };
    return now ? { ...answer, atOnce: await atOnceOf(named, options) } : answer;
  };
  return new Hono()
    .get('/status', (c) =>
      c.json<Status>({
        application,
        ready: ready(),
        epoch: store.current.epoch,
        flagFile,
        routes: routeStatuses(table, store.current),
        faults: store.faults,
        alarms: alarms(),
        unrecorded: store.unrecorded,
        unwritten: store.unwritten ?? null,
        blockedGuards: blocked(),
      }),
    )
    .post('/flip', async (c) => {
      const { target, mode, who, why, force, yes } = checked(flip, await bodyOf(c.req));
      if (!isMode(mode)) throw new BanyanError('unknown_mode', { reason: unknownMode(mode) });
      // A yes without a reason is none.
      const said = { who, why: why ?? noReason, force, yes: yes && why !== undefined };
      return c.json(await flipped({ target, mode }, () => store.change({ target, mode, ...said })));
    })
    .post('/rollback', async (c) => {
      const { now, target, who, why = noReason } = checked(rollback, await bodyOf(c.req));
      const back = { target, mode: 'legacy' } as const;
      return c.json(await flipped(back, () => store.rollback({ target, who, why }), now));
    })
    .get('/history', async (c) => {
      const entries = await store.history({ limit: checked(limit, c.req.query('limit')) });
      return c.json({ entries });
    });
}

const notJournaled =
  'Writes are not journaled (CONTINUITY is off), so clients miss what was written to the new backend.';
const away =
  'PostgreSQL does not answer. The flags are in force, and legacy serves reads without what it lacks. Run this again once PostgreSQL is there, so that writes go to legacy too.';

/** The flags are in force by now, so nothing that goes wrong here is a failure of the rollback. */
async function atOnceOf(
  routes: readonly RouteKey[],
  { atOnce, log }: Pick<ApiOptions, 'atOnce' | 'log'>,
): Promise<AtOnceAnswer> {
  if (!atOnce) return { unknown: notJournaled };
  try {
    return await atOnce(routes);
  } catch (error) {
    log.error({ err: error }, 'what legacy lacks could not be left behind');
    return { unknown: isAway(error) ? away : (error as Error).message };
  }
}

async function bodyOf(request: { json(): Promise<unknown> }): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new BanyanError('console_request', { reason: 'the body is not JSON' });
  }
}
