/**
 * The diff of both backends on the console: `GET /diff` is how it is doing and what the last one found, `POST /diff` `{rate?}` begins
 * one, `POST /diff/cancel` ends it, `GET /diff/keys/:key` compares one entity now and shows both answers.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import type { Comparison } from '../continuity/comparison/outcome.ts';
import type { DiffState, Diffs } from '../continuity/diff/diffs.ts';
import { type KeyDifferences, keyDifferences } from '../continuity/diff/report.ts';
import { BanyanError } from '../errors.ts';
import { checked } from './checked.ts';
import { type ShownAnswers, shownAnswer } from './shown-answer.ts';

const begin = z.strictObject({ rate: z.number().min(0.1).max(10_000).optional() });

/** One entity, as both backends show it now. */
export interface ComparedKey {
  key: string;
  outcome: Comparison['outcome'];
  /** What keeps it from being compared. */
  reason: string | null;
  differences: KeyDifferences['differences'];
  legacyLacks: KeyDifferences['differences'];
  /** Of each route that shows a difference, both answers. */
  answers: (ShownAnswers & { route: string })[];
}

/** To be mounted behind the console's token. @param diffs undefined: there is no journal, so nothing keeps the backends alike */
export function diffRoutes(diffs: Diffs | undefined): Hono {
  const open = () => {
    if (!diffs) throw new BanyanError('journal_off');
    return diffs;
  };
  return new Hono()
    .get('/diff', (c) => c.json<DiffState>(open().state))
    .post('/diff', async (c) => {
      const { rate } = checked(begin, await c.req.json().catch(() => ({})));
      return c.json({ running: open().start(rate) });
    })
    .post('/diff/cancel', (c) => c.json({ cancelled: open().cancel() }))
    .get('/diff/keys/:key{.+}', async (c) => {
      const key = c.req.param('key');
      const comparison = await open().compare(key);
      if (!comparison) throw new BanyanError('diff_key', { key });
      return c.json<ComparedKey>(shownKey(key, comparison));
    });
}

function shownKey(key: string, comparison: Comparison): ComparedKey {
  const { outcome } = comparison;
  const shown = { key, outcome, reason: null, differences: [], legacyLacks: [], answers: [] };
  if (outcome === 'disturbed') return { ...shown, reason: comparison.why };
  if (outcome === 'unavailable') return { ...shown, reason: `${comparison.side}: ${comparison.reason}` };
  const legacyLacks = keyDifferences(key, comparison.legacyLacks).differences;
  if (outcome === 'equal') return { ...shown, legacyLacks };
  const answers = [...comparison.answers].map(([route, both]) => ({
    route,
    legacy: shownAnswer(both.legacy),
    new: shownAnswer(both.new),
  }));
  return {
    ...shown,
    differences: keyDifferences(key, comparison.differences).differences,
    legacyLacks,
    answers,
  };
}
