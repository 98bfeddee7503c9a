/** Alarms on the console: `GET /alarms` are those that stand, `POST /alarms/lift` `{route, reason, who}` ends those of a route. */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Alarm } from '../continuity/alarms/alarm.ts';
import type { Alarms } from '../continuity/alarms/alarms.ts';
import { BanyanError } from '../errors.ts';
import type { FlagStore } from '../flags/store.ts';
import { checked } from './checked.ts';

const text = z.string().trim().min(1).max(1000);
const lift = z.strictObject({ route: text, reason: text, who: text.default('console') });

export interface AlarmRoutesOptions {
  /** Undefined: nothing is journaled, so nothing is looked at. */
  alarms: Alarms | undefined;
  store: Pick<FlagStore, 'noteLifted'>;
}

/** To be mounted behind the console's token. */
export function alarmRoutes({ alarms, store }: AlarmRoutesOptions): Hono {
  return new Hono()
    .get('/alarms', (c) => c.json<{ alarms: Alarm[] }>({ alarms: alarms?.all() ?? [] }))
    .post('/alarms/lift', async (c) => {
      if (!alarms) throw new BanyanError('journal_off');
      const { route, reason, who } = checked(lift, await c.req.json().catch(() => undefined));
      const lifted = await alarms.lift(route);
      if (lifted.length === 0) throw new BanyanError('alarm_none', { route });
      for (const { code } of lifted) await store.noteLifted({ route, alarm: code, who, why: reason });
      return c.json<{ lifted: Alarm[] }>({ lifted });
    });
}
