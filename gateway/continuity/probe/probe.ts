/**
 * Finds out afterwards whether a backend did a write whose outcome is not known, as the route table says: from what the
 * backend shows now. A backend that does not show it is no proof that the write was not done.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendName, Place, Probe, Route } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import { type Known, keyOf } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import type { Sides } from '../sides/sides.ts';
import { type Doubt, type Expected, type Finding, findings, kindOfElement, unknown } from './findings.ts';
import { type Wanted, wantedAt } from './fits.ts';
import { alike, alikeEnded, idsAlike, type Of, partOf } from './listed.ts';
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
  if (probe && side === 'legacy') await lookOnce(sides, probe);
  if (!probe || !isLookedAtBefore(probe)) return undefined;
  const { shown } = await sides.read(side, probe.read, known.params);
  return expectedIn(probe, { side, read: sides.routeOf(probe.read), answer: shown }, known);
}

/** How long a create waits for a look at what was there before it, in milliseconds. */
const patience = 1000;

/**
 * Before the first create that is found by its time, legacy's list is read once: what is in it is of no later create, whatever legacy's
 * clock says. It costs the first create one read.
 */
async function lookOnce(sides: Sides, probe: Probe): Promise<void> {
  if (!isFoundByTime(probe)) return;
  const read = sides.routeOf(probe.read);
  if (read.path.includes(':')) return;
  const reading = sides.sightings.first(kindOfElement(read, probe), async () => {
    const began = performance.now();
    const { shown } = await sides.read('legacy', probe.read, {});
    noteSeen(sides, probe, { side: 'legacy', read, answer: shown }, began);
  });
  const seen = reading.catch(() => undefined);
  await Promise.race([seen, pause(patience, undefined, { ref: false })]);
}

const isFoundByTime = (probe: Probe): probe is Of<'element-added'> =>
  probe.shows === 'element-added' && Object.values(probe.fits).includes('time-of-write');

/** What legacy's list shows now, later creates have not made. */
function noteSeen(sides: Sides, probe: Of<'element-added'>, shown: Shown, began: number): void {
  const look = listIn(shown, probe.at);
  if ('why' in look) return;
  const kind = kindOfElement(shown.read, probe);
  const ids = look.list.flatMap((element) => readPlace(element, `$.${probe.id}`));
  const keys = ids.flatMap((id) => (typeof id === 'string' ? [keyOf(kind, id)] : []));
  sides.sightings.saw(kind, keys, !look.isPart && { since: began });
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
  const there = idsAlike(probe, look.list, known);
  return { count, ended: alikeEnded(probe, look.body, known), ...(there.length > 0 && { there }) };
}

/** Never throws: a backend that cannot be asked is one that did not show it. */
export async function lookAfter(sides: Sides, side: BackendName, doubt: Doubt): Promise<Finding> {
  const { probe } = doubt.route;
  if (!probe) return { seen: 'unknown', why: 'the route table has no probe for it' };
  try {
    const timed = side === 'legacy' && isFoundByTime(probe) ? await byLegacysClock(sides, doubt) : doubt;
    // An id that is not registered is legacy's own.
    const began = performance.now();
    const { shown } = await sides.read(side, probe.read, doubt.known.params);
    const seen = { side, read: sides.routeOf(probe.read), answer: shown };
    const finding = findIn(probe, seen, timed);
    if (timed !== doubt && isFoundByTime(probe)) noteSeen(sides, probe, seen, began);
    return finding;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { seen: 'unknown', why, isAway: error instanceof BanyanError };
  }
}

/** Between two questions for legacy's time, in milliseconds. */
const betweenTimes = 10_000;

async function byLegacysClock(sides: Sides, doubt: Doubt): Promise<Doubt> {
  const { sentAt } = doubt;
  // A sample from after the write; its clock may be set meanwhile, so that one gets old.
  await sides.readClock(Math.max(sentAt, Date.now() - betweenTimes));
  const now = Date.now();
  const moment = performance.now() - (now - sentAt);
  const until = Math.min(doubt.until ?? now, now);
  return {
    ...doubt,
    until,
    clock: sides.clock.between(sentAt, until),
    wasThere: (kind, id) => sides.sightings.wasThere(keyOf(kind, id), moment),
  };
}

/** What an answer to the probe's read says of a write. */
export function findIn(probe: Probe, shown: Shown, doubt: Doubt): Finding {
  const look = listIn(shown, probe.at);
  if ('why' in look) return unknown(look);
  return findings[probe.shows](probe as never, look, knowingWhatWasThere(doubt), shown);
}

/** What a look before the write showed is not the write's. */
function knowingWhatWasThere(doubt: Doubt): Doubt {
  const { expected, wasThere } = doubt;
  const there = new Set(expected && 'count' in expected ? expected.there : []);
  if (there.size === 0) return doubt;
  return { ...doubt, wasThere: (kind, id) => there.has(id) || wasThere?.(kind, id) };
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
