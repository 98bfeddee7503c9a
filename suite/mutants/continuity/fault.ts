/** A fault of state continuity, and the tests that have to fail with it. */
import type { Fault } from '../mutant.ts';

export interface ContinuityFault extends Fault {
  /** What it breaks, in the words of docs/continuity.md. */
  breaks: string;
  seenBy: {
    /** How the titles of those tests begin, without what they are grouped by: one file has them, wherever it is. */
    title: string;
    /** PGlite, which costs least, unless told. */
    on?: 'PostgreSQL';
  };
}
