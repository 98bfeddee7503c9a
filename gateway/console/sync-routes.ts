/**
 * The first sync on the console: `GET /sync` is how it is doing, `POST /sync` `{do: "start" | "pause"}` lets it go on or stops it
 * between two batches, `POST /sync/assume` `{kind, reason, who}` is a person's word that the new backend has everything of a kind.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import type { KindProgress } from '../continuity/sync/progress.ts';
import type { Sync } from '../continuity/sync/sync.ts';
import { BanyanError } from '../errors.ts';
import { checked } from './checked.ts';

const text = z.string().trim().min(1).max(1000);
const turn = z.strictObject({ do: z.enum(['start', 'pause']) });
const assume = z.strictObject({ kind: text, reason: text, who: text.default('console') });

export interface SyncShown {
  isEnded: boolean;
  kinds: KindProgress[];
}

/** To be mounted behind the console's token. @param sync undefined: nothing is journaled */
export function syncRoutes(sync: Sync | undefined): Hono {
  const running = (): Sync => {
    if (!sync) throw new BanyanError('journal_off');
    return sync;
  };
  const shown = (of: Sync): SyncShown => ({ isEnded: of.isEnded, kinds: of.progress() });
  return new Hono()
    .get('/sync', (c) => c.json<SyncShown>(shown(running())))
    .post('/sync', async (c) => {
      const wanted = checked(turn, await c.req.json().catch(() => undefined)).do;
      await running().pause(wanted === 'pause');
      return c.json<SyncShown>(shown(running()));
    })
    .post('/sync/assume', async (c) => {
      const { kind, reason, who } = checked(assume, await c.req.json().catch(() => undefined));
      await running().assume(kind, `${who}: ${reason}`);
      return c.json<SyncShown>(shown(running()));
    });
}
