/** What came of comparing the two backends, route by route; of the last divergences since the start what they were. */

import type { Judgement } from '@banyan/compare/accept.ts';
import type { Difference } from '@banyan/compare/answer.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { TwoAnswers } from '../protocol/entry.ts';

/** Why a read in `shadow`, or a replayed write, was not compared. */
export type NotCompared =
  /** As many as may be at once were under way. */
  | 'busy'
  /** The flag file asks for a share of the reads only. */
  | 'not sampled'
  /** What it reads was being written, or not yet on both sides. */
  | 'moving'
  /** The answer is larger than what is kept for this. */
  | 'too large'
  /** The client went away, or legacy broke off. */
  | 'broken off'
  /** A write's model call fits no template, so it is not known what its backend asked. */
  | 'untied model call';

/** The same for people, as what comes after "because". `{n} reads were not compared, because …` */
export const whyNotCompared: Readonly<Record<NotCompared, string>> = {
  busy: 'as many reads as may be compared at once were being compared',
  'not sampled': 'the flag file asks for a part of the reads only',
  moving: 'writes to what they read were under way, or still to be given to a backend, for too long',
  'too large': 'the answer is larger than what is kept for a comparison',
  'broken off': 'the client went away, or legacy broke off its answer',
  'untied model call': 'a model call fits no template, so it is not known what the backend asked',
};

export interface Compared {
  route: RouteKey;
  matched: number;
  /** Matched but for what the register of accepted divergences takes out. */
  accepted: number;
  divergent: number;
  /** `new` gave no answer. */
  failed: number;
  notCompared: Partial<Record<NotCompared, number>>;
}

/** How often a verdict was given, or a reason not to compare, for a route. */
export interface Count {
  route: RouteKey;
  outcome: string;
  count: number;
}

const verdicts = ['matched', 'accepted', 'divergent', 'failed'] as const;
const isVerdict = (outcome: string) => verdicts.some((verdict) => verdict === outcome);

export interface Divergence {
  /** What its two answers are asked by. */
  id: string;
  /** ISO 8601, UTC. */
  time: string;
  route: RouteKey;
  differences: readonly Difference[];
}

const kept = 50;
/** Bytes of bodies that are kept, of all answers together. */
const keptBytes = 16 * 1024 * 1024;

const bytesOf = ({ legacy, new: ours }: TwoAnswers) =>
  (legacy?.body.byteLength ?? 0) + (ours?.body.byteLength ?? 0);

export class Tally {
  readonly #routes = new Map<RouteKey, Compared>();
  readonly #last: Divergence[] = [];
  readonly #answers = new Map<string, TwoAnswers>();
  #divergent = 0;

  of(route: RouteKey): Compared {
    let compared = this.#routes.get(route);
    if (!compared) {
      compared = { route, matched: 0, accepted: 0, divergent: 0, failed: 0, notCompared: {} };
      this.#routes.set(route, compared);
    }
    return compared;
  }

  /** @param answers of a divergence: kept in memory alone, as long as it is one of the last ones */
  compared(
    route: RouteKey,
    { verdict, differences }: Pick<Judgement, 'verdict' | 'differences'>,
    answers?: TwoAnswers,
  ): void {
    this.of(route)[verdict] += 1;
    if (verdict !== 'divergent') return;
    this.#divergent += 1;
    const id = `read-${this.#divergent}`;
    this.#last.unshift({ id, time: new Date().toISOString(), route, differences });
    for (const old of this.#last.splice(kept)) this.#answers.delete(old.id);
    if (answers) this.#keep(id, answers);
  }

  /** Older ones give way. */
  #keep(id: string, answers: TwoAnswers): void {
    this.#answers.set(id, answers);
    let bytes = [...this.#answers.values()].reduce((sum, each) => sum + bytesOf(each), 0);
    for (const [old, each] of this.#answers) {
      if (bytes <= keptBytes) return;
      this.#answers.delete(old);
      bytes -= bytesOf(each);
    }
  }

  /** Every count, as it is stored. */
  counts(): Count[] {
    return this.all().flatMap(({ route, notCompared, ...compared }) => {
      const judged = verdicts.map((outcome) => ({ route, outcome, count: compared[outcome] }));
      const left = Object.entries(notCompared).map(([outcome, count]) => ({ route, outcome, count }));
      return [...judged, ...left].filter(({ count }) => count > 0);
    });
  }

  /** Counts on from an earlier process's; the ids of divergences go on too. */
  load(counts: readonly Count[]): void {
    for (const { route, outcome, count } of counts) {
      const compared = this.of(route);
      if (isVerdict(outcome)) compared[outcome as (typeof verdicts)[number]] += count;
      else this.notCompared(route, outcome as NotCompared, count);
      if (outcome === 'divergent') this.#divergent += count;
    }
  }

  notCompared(route: RouteKey, why: NotCompared, count = 1): void {
    const { notCompared } = this.of(route);
    notCompared[why] = (notCompared[why] ?? 0) + count;
  }

  all(): Compared[] {
    return [...this.#routes.values()];
  }

  /** The last ones, newest first. */
  divergences(): readonly Divergence[] {
    return this.#last;
  }

  /** Of one of the last divergences, by its id. */
  answers(id: string): TwoAnswers | undefined {
    return this.#answers.get(id);
  }
}
