/** The console's own interface, under `/api`: what the command line and the pages use. */

import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Alarm } from '../continuity/alarms/alarm.ts';
import type { Leaving } from '../continuity/journal/leave.ts';
import { isMode } from '../continuity/protocol/modes.ts';
import { BanyanError } from '../errors.ts';
import type { AuditEntry } from '../flags/model.ts';
import type { FlagStore } from '../flags/store.ts';
import { resolveTarget } from '../flags/target.ts';
import { unknownMode } from '../flags/unknown-mode.ts';
import type { BlockedGuard } from '../guards/guard.ts';
import { checked } from './checked.ts';
import { routeStatuses, type Status } from './status.ts';

const text = z.string().trim().min(1).max(1000);
const by = { who: text.default('console'), why: text.default('no reason given') };
const flip = z.strictObject({ target: text, mode: text, force: z.boolean().default(false), ...by });
const rollback = z.strictObject({
  target: text.optional(),
  restore: z.boolean().optional(),
  now: z.boolean().default(false),
  ...by,
});
const limit = z.coerce.number().int().min(1).max(10_000).default(50);

export interface ApiOptions {
  application: string;
  flagFile: string;
  table: RouteTable;
  store: FlagStore;
  ready: () => boolean;
  /** Lets legacy serve at once what it has not been given; nothing is lacking where there is no journal. */
  leaveBehind?: ((routes: readonly RouteKey[]) => Promise<Leaving>) | undefined;
  /** Those that stand; none where there is no journal. */
  alarms?: (() => readonly Alarm[]) | undefined;
  /** Guards that would act and cannot. */
  blocked?: (() => readonly BlockedGuard[]) | undefined;
}

const nothingLeft = async (): Promise<Leaving> => ({ left: [], held: [] });

/**
 * `GET status`, `POST flip` `{target, mode, who, why}`, `POST rollback` `{target?, restore?, now?, who, why}`,
 * `GET history?limit=`. The posts answer `{changed: AuditEntry[], epoch}`, a rollback `now` also
 * what legacy lacks; where the flag file is not what is in force, `unwritten` says what to change in it.
 */
export function createApi(options: ApiOptions): Hono {
  const { application, flagFile, table, store, ready } = options;
  const { leaveBehind = nothingLeft, alarms = () => [], blocked = () => [] } = options;
  const changed = (entries: readonly AuditEntry[]) => ({
    changed: entries,
    epoch: store.current.epoch,
    ...(store.unwritten && { unwritten: store.unwritten }),
  });
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
      const { target, mode, who, why, force } = checked(flip, await bodyOf(c.req));
      if (!isMode(mode)) throw new BanyanError('unknown_mode', { reason: unknownMode(mode) });
      return c.json(changed(await store.change({ target, mode, who, why, force })));
    })
    .post('/rollback', async (c) => {
      const { now, ...request } = checked(rollback, await bodyOf(c.req));
      const entries = await store.rollback(request);
      if (!now) return c.json(changed(entries));
      const routes = resolveTarget(request.target, table, store.current.phases);
      return c.json({ ...changed(entries), ...(await leaveBehind(routes)) });
    })
    .get('/history', async (c) => {
      const entries = await store.history({ limit: checked(limit, c.req.query('limit')) });
      return c.json({ entries });
    });
}

async function bodyOf(request: { json(): Promise<unknown> }): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new BanyanError('console_request', { reason: 'the body is not JSON' });
  }
}
