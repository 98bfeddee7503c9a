/**
 * Which value of one side stands for which of the other: ids that each backend made up, times that each took. One
 * value has one partner; what was paired stays paired.
 */
import type { LearnedPair } from '../answer.ts';

export const TIME = 'time';
/**
 * What may be learned from two answers that are not the same: ids are the backends' own word for one thing even so, or
 * one wrong answer would make every later one wrong; times may be of different states.
 */
export function idsOnly(pairs: readonly LearnedPair[]): LearnedPair[] {
  return pairs.filter(({ kind }) => kind !== TIME);
}

/** Ids that were made up anew for one answer; they have no partner and must not come again. */
export const INVENTED = 'invented';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

export class Bindings {
  readonly #toRight = new Map<string, string>();
  readonly #toLeft = new Map<string, string>();
  /** Ids of every kind: what a text says of one does not say its kind. */
  readonly #ids = new Map<string, string>();
  /** Pairs of times, ascending on the left. */
  readonly #times: [left: string, right: string][] = [];
  readonly #parent: Bindings | undefined;
  readonly #learned: LearnedPair[] = [];

  constructor(parent?: Bindings) {
    this.#parent = parent;
  }

  rightOf(kind: string, left: string): string | undefined {
    return this.#toRight.get(`${kind} ${left}`) ?? this.#parent?.rightOf(kind, left);
  }

  leftOf(kind: string, right: string): string | undefined {
    return this.#toLeft.get(`${kind} ${right}`) ?? this.#parent?.leftOf(kind, right);
  }

  pair(kind: string, left: string, right: string): void {
    this.#toRight.set(`${kind} ${left}`, right);
    this.#toLeft.set(`${kind} ${right}`, left);
    this.#learned.push({ kind, left, right });
    if (kind !== TIME && kind !== INVENTED) this.#ids.set(left, right);
    if (kind === TIME) this.#times.splice(this.#placeOf(left), 0, [left, right]);
  }

  /** The left's text with the right's ids: a page or a Location that names an id must name the right's. */
  inText(text: string): string {
    return text.replace(uuid, (id) => this.idOf(id) ?? id);
  }

  idOf(left: string): string | undefined {
    return this.#ids.get(left) ?? this.#parent?.idOf(left);
  }

  learn(pairs: readonly LearnedPair[]): void {
    for (const { kind, left, right } of pairs)
      if (this.rightOf(kind, left) === undefined) this.pair(kind, left, right);
  }

  /** What was paired here and not in the parent. */
  learned(): LearnedPair[] {
    return this.#learned;
  }

  /**
   * A known pair of times that the two put the other way round: before it on one side, after it on the other. Equal
   * times fit anywhere.
   */
  outOfOrder(left: string, right: string): [left: string, right: string] | undefined {
    const at = this.#placeOf(left);
    const before = this.#times[at - 1];
    if (before && before[0] < left && before[1] > right) return before;
    let next = at;
    while (this.#times[next]?.[0] === left) next += 1;
    const after = this.#times[next];
    if (after && after[1] < right) return after;
    return this.#parent?.outOfOrder(left, right);
  }

  #placeOf(left: string): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle]?.[0] ?? '') < left) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
