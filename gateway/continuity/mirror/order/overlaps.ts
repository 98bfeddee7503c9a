/**
 * Writes that overlapped took effect in an unknown order. Once their keys are quiet, the order is read back from the side that
 * served them, and the replays follow it.
 */
import type { BackendName, Probe } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../../journal/entries.ts';
import type { OwedEntry } from '../../journal/mirrored.ts';
import type { JournalDb } from '../../journal/tables.ts';
import { parseBody } from '../../json/parse-body.ts';
import { ownedTimes } from '../../names/owned-fields.ts';
import { runsOf, shows } from '../../probe/listed.ts';
import type { Known } from '../../protocol/keys.ts';
import { readPlace } from '../../protocol/places.ts';
import type { Sides } from '../../sides/sides.ts';
import { knownOf } from '../../writes/entry-content.ts';
import { takesAway } from './removals.ts';
import { beginsWork, endOf, placeAmongEnded } from './work.ts';

export type Load = (ids: readonly string[]) => Promise<Entry[]>;

/**
 * Sees to it that the first of overlapping entries is the one that took effect first.
 * @param group the first, as they are in order now, and those that overlapped with it
 * @param load reads entries, in the order of the ids
 * @returns whether it is; otherwise another one now comes before it
 */
export async function isFirst(
  group: readonly OwedEntry[],
  { load, db, sides }: { load: Load; db: () => Promise<JournalDb>; sides: Sides },
): Promise<boolean> {
  if (group.length < 2) return true;
  const entries = (await load(group.map(({ id }) => id))).filter(({ mirror }) => mirror === 'owed');
  const ranked = await ranks(entries, sides);
  const least = [...ranked.keys()].reduce((a, b) => (compare(ranked[b], ranked[a]) < 0 ? b : a), 0);
  if (least === 0) return true;
  const order = [least, ...ranked.keys()].filter((at, i) => i === 0 || at !== least);
  // Those that are no longer owed are not ordered, so they keep their places.
  const ordered = new Set(entries.map(({ id }) => id));
  await takePlaces(
    await db(),
    group.filter(({ id }) => ordered.has(id)),
    order.map((from) => entries[from]?.id ?? ''),
  );
  return false;
}

/**
 * Puts entries into another order, in the places that they have.
 * @param group in their places now
 * @param order the ids of all of them
 */
export async function takePlaces(
  db: JournalDb,
  group: readonly { id: string; place: string }[],
  order: readonly string[],
): Promise<void> {
  const places = group.map(({ place }) => place);
  await db.transaction().execute(async (tx) => {
    // Out of each other's way first: a place is taken once.
    for (const { id, place } of group)
      await tx
        .updateTable('entries')
        .set({ place: `-${place}` })
        .where('id', '=', id)
        .execute();
    for (const [at, id] of order.entries())
      await tx
        .updateTable('entries')
        .set({ place: places[at] ?? '' })
        .where('id', '=', id)
        .execute();
  });
}

/**
 * Creates sort by their times. For one entity: effects that are not visible any more, removals of its parts, work that was begun and
 * is still shown, the removal of the entity itself, and then effects that are visible. So a removal comes before an upload that
 * it made room for.
 */
const phases = { made: 0, undone: 1, partGone: 2, begun: 3, allGone: 4, added: 5, set: 6 } as const;

interface Rank {
  phase: number;
  within: string | number;
}

const compare = (a: Rank | undefined, b: Rank | undefined): number => {
  if (!a || !b || a.phase !== b.phase) return (a?.phase ?? 0) - (b?.phase ?? 0);
  return a.within === b.within ? 0 : a.within < b.within ? -1 : 1;
};

async function ranks(entries: readonly Entry[], sides: Sides): Promise<Rank[]> {
  const taken = new Set<number>();
  const found: Rank[] = [];
  for (const entry of entries) found.push(await rankOf(entry, sides, taken));
  return found;
}

async function rankOf(entry: Entry, sides: Sides, taken: Set<number>): Promise<Rank> {
  const route = sides.routeOf(entry.route);
  const { probe } = route;
  const known = knownOf(entry, sides);
  if (!probe) return { phase: phases.made, within: 0 };
  if (beginsWork(route, sides.table))
    return { phase: (await isStillShown(entry, sides)) ? phases.begun : phases.undone, within: 0 };
  if (probe.shows === 'element-added') {
    const [time] = ownedTimes(route).flatMap(({ steps }) => readPlace(known.answer, `$.${steps.join('.')}`));
    return { phase: phases.made, within: String(time ?? '') };
  }
  if (probe.shows === 'element-gone')
    return { phase: takesAway(route) === 'whole' ? phases.allGone : phases.partGone, within: 0 };
  const list = await listOf(entry.side, probe, known, sides);
  if (probe.shows === 'field-set')
    return { phase: shows(probe, list, known) ? phases.set : phases.undone, within: 0 };
  const at = runsOf(probe, list, known).find((place) => !taken.has(place));
  if (at === undefined) return { phase: phases.undone, within: 0 };
  taken.add(at);
  return { phase: phases.added, within: at };
}

/** Whether what an entry has begun was not taken away since: it goes on, has failed, or stands among what has ended. */
async function isStillShown(entry: Entry, sides: Sides): Promise<boolean> {
  const end = await endOf(entry, sides);
  if (end.is !== 'ended' || !end.hasSucceeded) return true;
  return (await placeAmongEnded(entry, sides)) !== undefined;
}

async function listOf(side: BackendName, probe: Probe, known: Known, sides: Sides): Promise<unknown[]> {
  const { shown } = await sides.read(side, probe.read, known.params);
  const [list] = readPlace(parseBody(shown.body), probe.at);
  return Array.isArray(list) ? list : [];
}
