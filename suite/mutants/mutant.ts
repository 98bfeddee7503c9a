/** Planted faults: a change of the source each. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';

/** A planted fault: one change of the source. */
export interface Fault {
  /** Says what is wrong, in words: `a-time-in-utc`. */
  name: string;
  /** What the module exports that the fault is in, wherever that module is: `createNewBackend`. */
  in: string;
  /** Stands in that module exactly once, as `pattern.ts` finds it: names that are the module's own are open, `$name`. */
  from: string;
  /** In its place; open names are what they were found to be. */
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

/** Its anchor is not there, or its text is not there exactly once: the message says what to do. */
export class MutantDoesNotApply extends Error {}
