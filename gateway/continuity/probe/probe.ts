/**
 * Finds out afterwards whether a backend did a write whose outcome is not known, as the route table says: from what the
 * backend shows now. A backend that does not show it is no proof that the write was not done.
 */
import type { BackendName, Place, Probe, Route } from '@banyan/route-table/route-table.ts';
import type { Known } from '../protocol/keys.ts';
import type { Sides } from '../sides/sides.ts';
import { type Doubt, type Expected, type Finding, findings, unknown } from './findings.ts';
import { type Wanted, wantedAt } from './fits.ts';
import { alike, alikeEnded, partOf } from './listed.ts';
import { listIn, type Shown } from './look.ts';

/** Whether something has to be known before such a write is sent, so that it can be found afterwards. */
export const isLookedAtBefore = (probe: Probe): boolean =>
  probe.shows === 'tail-added' || (probe.shows === 'element-added' && probe.ended !== undefined);

/**
 * What that is. Undefined: nothing.
 * @throws BanyanError where the backend cannot be asked
 */
export async function lookBefore(
  sides: Sides,
  side: BackendName,
  { probe }: Route,
  known: Known,
): Promise<Expected | undefined> {
  if (!probe || !isLookedAtBefore(probe)) return undefined;
  const { shown } = await sides.read(side, probe.read, known.params);
  return expectedIn(probe, { side, read: sides.routeOf(probe.read), answer: shown }, known);
}

/** What an answer to the probe's read says of the time before a write. */
export function expectedIn(probe: Probe, shown: Shown, known: Known): Expected | undefined {
  if (!isLookedAtBefore(probe)) return undefined;
  const look = listIn(shown, probe.at);
  if ('why' in look) return { unread: look.why };
  if (probe.shows !== 'element-added')
    return look.isPart ? { unread: partOf(shown) } : { count: look.list.length };
  const count = alike(probe, shown, known);
  if (typeof count !== 'number') return { unread: count.why };
  return { count, ended: alikeEnded(probe, look.body, known) };
}

/** Never throws: a backend that cannot be asked is one that did not show it. */
export async function lookAfter(sides: Sides, side: BackendName, doubt: Doubt): Promise<Finding> {
  const { probe } = doubt.route;
  if (!probe) return { seen: 'unknown', why: 'the route table has no probe for it' };
  try {
    // An id that is not registered is legacy's own.
    const { shown } = await sides.read(side, probe.read, doubt.known.params);
    return findIn(probe, { side, read: sides.routeOf(probe.read), answer: shown }, doubt);
  } catch (error) {
    return { seen: 'unknown', why: error instanceof Error ? error.message : String(error) };
  }
}

/** What an answer to the probe's read says of a write. */
export function findIn(probe: Probe, shown: Shown, doubt: Doubt): Finding {
  const look = listIn(shown, probe.at);
  if ('why' in look) return unknown(look);
  return findings[probe.shows](probe as never, look, doubt, shown);
}

/**
 * Whether the request has what the probe looks for: one that lacks the text that it is to store cannot have stored it. Where the
 * backend has refused such a request, nobody has to look.
 */
export function namesWhatItWrites({ probe }: Route, known: Known): boolean {
  if (!probe) return true;
  return placesOf(probe).every((place) => place.in === 'response' || wantedAt(place, known) !== undefined);
}

function placesOf(probe: Probe): Place[] {
  const places = (wanted: Wanted) => Object.values(wanted).filter((place) => place !== 'time-of-write');
  if (probe.shows === 'element-added') return places(probe.fits);
  if (probe.shows === 'tail-added') return probe.tail.flatMap(places);
  return [...places(probe.where), ...(probe.shows === 'field-set' ? [probe.to] : [])];
}
