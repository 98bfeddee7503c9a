/** Planted faults: a change of the source each. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';

/** A planted fault: one change of the source. */
export interface Fault {
  /** Says what is wrong, in words: `a-time-in-utc`. */
  name: string;
  /** Below the repository's root. */
  file: string;
  /** Stands in the file exactly once, byte for byte. */
  from: string;
  to: string;
}

/** A fault of the new backend, and where the suite has to see it. */
export interface Mutant extends Fault {
  /** Recordings that ask one of these are replayed, those first of which the most is about them. */
  routes: RouteKey[];
  /**
   * How the place and kind of a difference begin that shows this fault and no accident: `body $[*].title`, `header Vary`,
   * `body $ order`, `model call`. An index of a list is `[*]`.
   */
  shows: string[];
  /** Routes whose answers have to show it; any unless told. */
  on?: RouteKey[];
}

/** A mutant whose text is not there exactly once: somebody changed the code, and the fault has to be planted anew. */
export class MutantDoesNotApply extends Error {
  constructor({ name, file }: Fault, times: number) {
    super(
      `The planted fault "${name}" does not apply: its text is ${times === 0 ? 'not' : `${times} times`} in ${file}, not once.`,
    );
  }
}

/** @throws MutantDoesNotApply */
export function planted(fault: Fault, source: string): string {
  const pieces = source.split(fault.from);
  if (pieces.length !== 2) throw new MutantDoesNotApply(fault, pieces.length - 1);
  return pieces.join(fault.to);
}
