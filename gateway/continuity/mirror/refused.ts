/** Why an entry is not given to the other side now. */

/** The other side does not take it; trying again does not help. */
export class ReplayRefused extends Error {
  /** Whether it may have had an effect. */
  readonly mayHaveIt: boolean;
  /** Whether a person has to look at it. */
  readonly isFinal: boolean;

  constructor(reason: string, { mayHaveIt, isFinal }: { mayHaveIt: boolean; isFinal: boolean }) {
    super(reason);
    this.name = 'ReplayRefused';
    this.mayHaveIt = mayHaveIt;
    this.isFinal = isFinal;
  }
}

/** It is not sent now: it was pinned or skipped while it was about to be, or another one comes first. */
export class Overtaken extends Error {}
