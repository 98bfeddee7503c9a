/** Why an entry is not given to the other side now. */

/** The other side does not take it; trying again does not help. */
export class ReplayRefused extends Error {
  /** Whether it may have had an effect. */
  readonly mayHaveIt: boolean;
  /** Whether a person has to look at it. */
  readonly isFinal: boolean;
  /** Whether an alarm tells of the cause. It is no divergence then: a guard that rolled the route back would make it worse. */
  readonly isAlarmed: boolean;

  constructor(
    reason: string,
    { mayHaveIt, isFinal, isAlarmed = false }: { mayHaveIt: boolean; isFinal: boolean; isAlarmed?: boolean },
  ) {
    super(reason);
    this.name = 'ReplayRefused';
    this.mayHaveIt = mayHaveIt;
    this.isFinal = isFinal;
    this.isAlarmed = isAlarmed;
  }
}

/** Legacy may have it from an earlier attempt, and cannot be asked now. It is asked again, for as long as it is away. */
export class NotAsked extends Error {
  constructor(why: string) {
    super(`legacy may have it from an earlier attempt, and cannot be asked: ${why}`);
    this.name = 'NotAsked';
  }
}

/** It is not sent now: it was pinned or skipped while it was about to be, or another one comes first. */
export class Overtaken extends Error {}
