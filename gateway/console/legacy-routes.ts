/**
 * Legacy's restarts on the console: `GET /legacy` is what legacy lacks, and `POST /legacy` `{decision: "adopt" | "give-back", keys?, reason,
 * who}` what a person decides about it.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import type { OpenContinuity } from '../continuity/continuity.ts';
import type { LegacyState } from '../continuity/journal/legacy-state.ts';
import { OUTSIDE } from '../continuity/journal/outside.ts';
import type { Adoption } from '../continuity/restarts/decide.ts';
import { BanyanError } from '../errors.ts';
import type { FlagStore } from '../flags/store.ts';
import { checked } from './checked.ts';

const text = z.string().trim().min(1).max(1000);
const decided = z.strictObject({
  decision: z.enum(['adopt', 'give-back']),
  keys: z.array(text).max(1000).default([]),
  reason: text,
  who: text.default('console'),
});

export interface LegacyDecided {
  /** Where legacy's data stands. */
  adoption?: Adoption;
  state: LegacyState;
}

/** To be mounted behind the console's token. @param continuity undefined: nothing is journaled */
export function legacyRoutes(
  continuity: Pick<OpenContinuity, 'incarnations' | 'adoptLegacy' | 'giveBackToLegacy'> | undefined,
  store: Pick<FlagStore, 'noteSkipped'>,
): Hono {
  const running = () => {
    if (!continuity) throw new BanyanError('journal_off');
    return continuity;
  };
  return new Hono()
    .get('/legacy', (c) => c.json<LegacyState>(running().incarnations()))
    .post('/legacy', async (c) => {
      const { decision, keys, reason, who } = checked(decided, await c.req.json().catch(() => undefined));
      const why = `${who}: ${reason}`;
      const isAdopted = decision === 'adopt';
      const adoption = isAdopted ? await running().adoptLegacy(keys, why) : undefined;
      if (!isAdopted) await running().giveBackToLegacy(why);
      await store.noteSkipped({
        route: OUTSIDE,
        entry: keys.join(' ') || 'all that legacy lacks',
        who,
        why: adoption ? `${reason} (${adoption.adopted.length} keys)` : reason,
        decided: isAdopted ? 'adopted' : 'given back',
      });
      return c.json<LegacyDecided>({ ...(adoption && { adoption }), state: running().incarnations() });
    });
}
