/** What happened on one route lately: answers, bad ones by their reasons, and how long they took. */

const parts = 12;
/** Each step of a histogram is a fifth longer than the one before; the last has all that took longer than two hours. */
const step = 1.2;
const steps = 88;

/** How long answers took: counts by duration. */
export class Durations {
  readonly #counts = new Uint32Array(steps);
  total = 0;

  add(milliseconds: number): void {
    const at = Math.floor(Math.log(Math.max(1, milliseconds)) / Math.log(step));
    const slot = Math.min(steps - 1, at);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    this.total += 1;
  }

  addAll(other: Durations): void {
    for (const [i, count] of other.#counts.entries()) this.#counts[i] = (this.#counts[i] ?? 0) + count;
    this.total += other.total;
  }

  /** Makes room for newer ones, which then count for more. */
  fade(): void {
    this.total = 0;
    for (const [i, count] of this.#counts.entries()) {
      this.#counts[i] = count >> 1;
      this.total += count >> 1;
    }
  }

  /** What `share` of them took at most, in milliseconds; to a fifth. */
  within(share: number): number {
    let left = Math.ceil(this.total * share);
    for (const [i, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return step ** (i + 1);
    }
    return 0;
  }
}

interface Part {
  begun: number;
  answers: number;
  bad: Map<string, number>;
  divergences: number;
  durations: Durations;
}

export interface Seen {
  answers: number;
  /** Bad answers by what was wrong with them. */
  bad: ReadonlyMap<string, number>;
  divergences: number;
  durations: Durations;
}

export class Window {
  #parts: Part[] = [];

  /** @param length of the window, in milliseconds */
  answer(now: number, length: number, milliseconds: number | undefined, bad: string | undefined): void {
    const part = this.#part(now, length);
    part.answers += 1;
    if (milliseconds !== undefined) part.durations.add(milliseconds);
    if (bad !== undefined) part.bad.set(bad, (part.bad.get(bad) ?? 0) + 1);
  }

  divergence(now: number, length: number): void {
    this.#part(now, length).divergences += 1;
  }

  seen(now: number, length: number): Seen {
    const seen = { answers: 0, bad: new Map<string, number>(), divergences: 0, durations: new Durations() };
    for (const { begun, answers, bad, divergences, durations } of this.#parts) {
      if (begun <= now - length) continue;
      seen.answers += answers;
      seen.divergences += divergences;
      seen.durations.addAll(durations);
      for (const [reason, count] of bad) seen.bad.set(reason, (seen.bad.get(reason) ?? 0) + count);
    }
    return seen;
  }

  #part(now: number, length: number): Part {
    const last = this.#parts.at(-1);
    if (last && now < last.begun + length / parts) return last;
    const next = { begun: now, answers: 0, bad: new Map(), divergences: 0, durations: new Durations() };
    this.#parts = [...this.#parts.filter(({ begun }) => begun > now - length), next];
    return next;
  }
}
