/**
 * The journal on the console: `GET /journal` is its size and what is stuck, `GET /journal/:id` a whole entry, `POST
 * /journal/retry` `{id?}`, `POST /journal/skip` `{id, reason, who}`, `POST /journal/settle` `{id, done, answer?, reason, who}`, `POST /conflicts` `{key, decision, reason, who}`, `GET
 * /divergences` what the backends did not answer alike, `GET
 * /divergences/:id` both answers whole.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { OUTSIDE } from '../continuity/journal/outside.ts';
import type { JournalOperator } from '../continuity/operator.ts';
import type { Tally } from '../continuity/shadow/tally.ts';
import { BanyanError } from '../errors.ts';
import type { FlagStore } from '../flags/store.ts';
import { checked } from './checked.ts';
import { type ShownAnswers, shownAnswer } from './shown-answer.ts';

const text = z.string().trim().min(1).max(1000);
const retry = z.strictObject({ id: text.optional() });
const skip = z.strictObject({ id: text, reason: text, who: text.default('console') });
const conflict = z.strictObject({
  key: text,
  decision: z.enum(['adopt', 'keep']),
  reason: text,
  who: text.default('console'),
});
const settle = skip.extend({ done: z.boolean(), answer: z.unknown().optional() });

export interface JournalRoutesOptions {
  /** Undefined: there is no journal. */
  operator: JournalOperator | undefined;
  tally: Tally;
  store: Pick<FlagStore, 'noteSkipped'>;
}

/** To be mounted behind the console's token. */
export function journalRoutes({ operator, tally, store }: JournalRoutesOptions): Hono {
  const journal = () => {
    if (!operator) throw new BanyanError('journal_off');
    return operator;
  };
  return new Hono()
    .get('/journal', async (c) => c.json(await journal().size()))
    .get('/journal/:id', async (c) => c.json(await journal().export(c.req.param('id'))))
    .post('/journal/retry', async (c) => {
      const { id } = checked(retry, await c.req.json().catch(() => undefined));
      return c.json({ tried: await journal().retry(id) });
    })
    .post('/journal/skip', async (c) => {
      const { id, reason, who } = checked(skip, await c.req.json().catch(() => undefined));
      const route = await journal().skip(id, `${who}: ${reason}`);
      await store.noteSkipped({ route, entry: id, who, why: `${reason} (entry ${id})` });
      return c.json({ skipped: id, route });
    })
    .post('/journal/settle', async (c) => {
      const { id, done, answer, reason, who } = checked(settle, await c.req.json().catch(() => undefined));
      const route = await journal().settle(id, { done, answer });
      const decided = done ? 'done' : 'not done';
      await store.noteSkipped({ route, entry: id, who, why: `${reason} (entry ${id})`, decided });
      return c.json({ settled: id, route, done });
    })
    .post('/conflicts', async (c) => {
      const asked = checked(conflict, await c.req.json().catch(() => undefined));
      const { key, decision, reason, who } = asked;
      const entry = await journal().decideConflict(key, decision, `${who}: ${reason}`);
      const decided = decision === 'adopt' ? 'adopted' : 'kept';
      await store.noteSkipped({ route: OUTSIDE, entry, who, why: `${reason} (${key})`, decided });
      return c.json({ key, decided });
    })
    .get('/divergences', async (c) =>
      c.json({
        compared: tally.all(),
        reads: tally.divergences(),
        writes: operator ? await operator.divergences() : [],
      }),
    )
    .get('/divergences/:id', async (c) => {
      const id = c.req.param('id');
      const found = tally.answers(id) ?? (await journal().answers(id));
      return c.json<ShownAnswers>({ legacy: shownAnswer(found.legacy), new: shownAnswer(found.new) });
    });
}
