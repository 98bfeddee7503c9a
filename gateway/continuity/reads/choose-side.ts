/** Which side answers a read: the flagged one if it is current for the keys, else the side that has the data. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Behind } from '../journal/lag/behind.ts';
import type { Lag } from '../journal/lag/lag.ts';
import type { Touched } from '../protocol/keys.ts';
import { otherSide } from '../protocol/roles.ts';

const isCurrent = ({ open, owed, pinned, unknown }: Behind) => !(open || owed || pinned || unknown);
/** The mirror gives it what it lacks, so that waiting may help. */
const catchesUp = ({ owed, pinned }: Behind) => owed && !pinned;
/** It lacks only writes that are not acknowledged yet. */
const lacksNothingSettled = ({ owed, pinned, unknown }: Behind) => !(owed || pinned || unknown);

/** Who answers, and whether that side may lack something of what is read that clients know of. */
export interface Chosen {
  side: BackendName;
  lacksSome: boolean;
}

/**
 * Waits for the mirror, up to `patience` milliseconds, and for nothing else: a write under way may take minutes, as may a
 * document. A write that is stuck, or that waits behind a stuck one, takes a person: a read that only such writes keep from either
 * side is decided at once. Nor does it wait for the first sync: of what the new backend is not known to have, legacy has all.
 * The same way the new backend has all of what legacy has forgotten in a restart.
 */
export async function chooseSide(
  lag: Lag,
  flagged: BackendName,
  touched: Touched,
  patience = 2000,
): Promise<Chosen> {
  const other = otherSide[flagged];
  const end = performance.now() + patience;
  const chosen = (side: BackendName, lacksSome = false) => ({ side, lacksSome });
  for (;;) {
    const here = lag.behind(flagged, touched);
    if (isCurrent(here)) return chosen(flagged);
    const there = lag.behind(other, touched);
    const left = end - performance.now();
    const mirrorHelps = here.owed && !here.open && !here.pinned && !here.slow && !here.unknown;
    if (!mirrorHelps || left <= 0) {
      if (isCurrent(there)) return chosen(other);
      // Writes are under way on both sides: either is right until they are answered.
      if (lacksNothingSettled(here)) return chosen(flagged);
      if (lacksNothingSettled(there)) return chosen(other);
      // One side lacks what no mirror gives it, and the other one a document that takes long.
      const isNoUse = (here.unknown || there.unknown) && (here.slow || there.slow);
      if (left <= 0 || isNoUse || !(catchesUp(here) || catchesUp(there)))
        return chosen(here.unknown ? other : flagged, true);
    }
    await lag.change(left);
  }
}
