/**
 * Whether legacy's state of an entity has everything that clients know of it, and perhaps more: then legacy's state can take the place of
 * the new backend's, and nothing that was acknowledged is lost. What a route adds to, its probe says.
 */
import type { JsonPlace, Probe, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer, TwoAnswers } from '../protocol/entry.ts';
import { readPlace } from '../protocol/places.ts';

/** `more`: legacy has further elements. `lacks`: legacy lacks some that clients know of, or has others in their place. */
export type Contained = 'same' | 'more' | 'lacks';

/** @param answers of reads where the two backends differ */
export function contained(
  { routes }: RouteTable,
  answers: ReadonlyMap<RouteKey, TwoAnswers>,
): { contained: Contained; place?: string } {
  let found: Contained = 'same';
  for (const { probe } of routes) {
    const both = probe && answers.get(probe.read);
    if (!probe || !both?.legacy || !both.new) continue;
    for (const { at, isOrdered } of listsOf(probe)) {
      const [legacy, fresh] = [textsAt(both.legacy, at), textsAt(both.new, at)];
      if (!legacy || !fresh) return { contained: 'lacks', place: `${at} of ${probe.read}` };
      const has = isOrdered ? isPrefix(fresh, legacy) : fresh.every((element) => legacy.includes(element));
      if (!has) return { contained: 'lacks', place: `${at} of ${probe.read}` };
      if (legacy.length > fresh.length) found = 'more';
    }
  }
  return { contained: found };
}

/** Lists of an entity to which a route adds, as its own reads show them. */
function listsOf(probe: Probe): { at: JsonPlace; isOrdered: boolean }[] {
  if (probe.shows === 'tail-added') return [{ at: probe.at, isOrdered: true }];
  if (probe.shows === 'element-added' && probe.ended) return [{ at: probe.ended.at, isOrdered: false }];
  return [];
}

function textsAt({ body, status }: StoredAnswer, at: JsonPlace): string[] | undefined {
  if (status !== 200) return undefined;
  const [list] = readPlace(parseBody(body), at);
  return Array.isArray(list) ? list.map((element) => JSON.stringify(element)) : undefined;
}

const isPrefix = (some: readonly string[], all: readonly string[]) =>
  some.every((text, i) => text === all[i]);

/** Whether a route takes entities away: what it took away does not come back by itself. */
export const takesAway = (route: Route | undefined): boolean => route?.probe?.shows === 'element-gone';
