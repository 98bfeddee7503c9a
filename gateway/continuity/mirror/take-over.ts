/**
 * Makes both sides show the same again after a write came to legacy late, after others that overtook it. Legacy cannot be put into
 * another order, so the new backend takes over what legacy shows.
 */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, Route, RouteKey } from '@banyan/route-table/route-table.ts';
import { entityReads, listReads } from '../comparison/shows.ts';
import type { Entry } from '../journal/entries.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { keyOf, valuesOf } from '../protocol/keys.ts';
import { rowsOf } from '../reads/merged-list.ts';
import { compareReads } from '../shadow/compare-reads.ts';
import type { Sides } from '../sides/sides.ts';
import { knownOf } from '../writes/entry-content.ts';

/** An entity as legacy shows it, in public ids and times. */
export interface ShownEntity {
  kind: string;
  id: string;
  /** What its reads answer, as JSON, and the rows that lists have of it. */
  shown: Readonly<Record<RouteKey, unknown>>;
  /** What legacy answered to the write that came late, as JSON: its times are legacy's own. */
  late: unknown;
}

/**
 * Makes the new backend show an entity as legacy does.
 * @returns why it cannot, for a person; undefined where it has
 */
export type TakeOver = (entity: ShownEntity) => Promise<string | undefined>;

export interface EvenOptions {
  sides: Sides;
  rules: readonly AcceptedRule[];
  /** Undefined: the application does not have it, and a person has to look at what differs. */
  takeOver?: TakeOver | undefined;
}

/** `disturbed`: somebody writes to an entity meanwhile, so nothing can be said yet. */
export type Evened = 'even' | 'disturbed' | { reasons: string[]; differences: Difference[] };

/**
 * @param late the entry that came late, and what legacy answered to it
 * @param watch whether a write to its entities has begun since it was called
 */
export async function evenOut(
  late: { entry: Entry; answer: StoredAnswer | undefined },
  watch: { readonly isDisturbed: boolean },
  { sides, rules, takeOver }: EvenOptions,
): Promise<Evened> {
  const route = sides.routeOf(late.entry.route);
  const found: Exclude<Evened, string> = { reasons: [], differences: [] };
  for (const { kind, id } of entitiesOf(route, late.entry, sides)) {
    const legacy = await showing('legacy', kind, id, sides);
    // What begins now is not in what legacy showed, and is given to the new backend afterwards.
    if (watch.isDisturbed) return 'disturbed';
    const answer = late.answer && parseBody(late.answer.body);
    const shown = Object.fromEntries([...legacy].map(([{ key }, { body }]) => [key, parseBody(body)]));
    const reason = await takeOver?.({ kind, id, shown, late: answer });
    const taken = await showing('new', kind, id, sides);
    if (watch.isDisturbed) return 'disturbed';
    const differences = differencesOf(legacy, taken, rules);
    found.differences.push(...differences);
    if (reason !== undefined) found.reasons.push(reason);
    else if (differences.length > 0) found.reasons.push(`the two backends show ${kind}:${id} differently`);
  }
  return found.reasons.length === 0 ? 'even' : found;
}

const entitiesOf = (route: Route, entry: Entry, sides: Sides) =>
  route.keys.flatMap((key) =>
    'one' in key ? valuesOf(key.named, knownOf(entry, sides)).map((id) => ({ kind: key.one, id })) : [],
  );

/** What a side shows of an entity: by the routes that read it alone, and its rows in lists of its kind. */
async function showing(
  side: BackendName,
  kind: string,
  id: string,
  sides: Sides,
): Promise<Map<Route, StoredAnswer>> {
  const shown = new Map<Route, StoredAnswer>();
  for (const { route, parameter } of entityReads(sides.table, kind))
    shown.set(route, (await sides.read(side, route.key, { [parameter]: id })).shown);
  for (const route of listReads(sides.table, kind)) {
    const answer = (await sides.read(side, route.key, {})).shown;
    shown.set(route, rowsOf(route, answer, keyOf(kind, id)));
  }
  return shown;
}

function differencesOf(
  legacy: ReadonlyMap<Route, StoredAnswer>,
  taken: ReadonlyMap<Route, StoredAnswer>,
  rules: readonly AcceptedRule[],
): Difference[] {
  return [...legacy].flatMap(([route, left]) => {
    const right = taken.get(route);
    if (!right) return [];
    const { method, key, path: target } = route;
    const reads = { method, key, target, route, legacy: left, new: right };
    const { differences } = compareReads(reads, rules);
    return differences.map((difference) => ({ ...difference, place: `${route.key} ${difference.place}` }));
  });
}
