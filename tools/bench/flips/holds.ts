/** What a flip costs whoever asks just then. */
import { setTimeout as delay } from 'node:timers/promises';
import { quantile, quantileOfBuckets } from '../statistics.ts';
import type { Installation } from './installation.ts';
import { everyday, type Mix, type Timed, Users } from './users.ts';

export interface Held {
  what: string;
  flips: number;
  requests: number;
  failed: number;
  /** Of whole answers, in milliseconds. */
  took: { p50: number; p99: number };
  /** How long the gateway held them, in milliseconds; undefined where nothing was flipped. */
  hold: { p50: number; p99: number };
}

export interface Holds {
  /** Milliseconds from the file's change until it is in force, one a flip. */
  effect: number[];
  rows: Held[];
}

export interface HoldsOptions {
  users: number;
  flips: number;
  /** Under load, in milliseconds. */
  pace: number;
  /** Between two flips under load, in milliseconds. */
  every: number;
}

const from = (mix: Mix, first: number): Mix => mix.map((_, i) => mix[(first + i) % mix.length] ?? 'list');

/** @param installation with a journal, all legacy */
export async function measureHolds(
  installation: Installation,
  { users: count, flips, pace, every }: HoldsOptions,
): Promise<Holds> {
  const users = await Users.of(installation.url, count);
  const effect: number[] = [];
  // To the other side each time: after an odd number of flips the next part begins on the new backend.
  const flip = async () =>
    void effect.push(await installation.flip(effect.length % 2 === 0 ? 'new' : 'legacy'));
  const rows: Held[] = [];
  try {
    await users.go(everyday, { requests: 10 * count });
    // One of each user, at once, just after the flip; nothing was owed when it came.
    const afterFlip = async (isFlipped: boolean) => {
      const all: Timed[] = [];
      for (let n = 0; n < flips; n += 1) {
        await installation.even();
        if (isFlipped) await flip();
        all.push(...(await users.go(from(everyday, n), { requests: count })));
      }
      await installation.even();
      return all;
    };
    const underLoad = async (isFlipped: boolean) => {
      const load = users.go(everyday, { milliseconds: flips * every }, pace);
      for (let n = 0; isFlipped && n < flips; n += 1) {
        await flip();
        await delay(every / 2);
      }
      return load;
    };
    rows.push(await held('nothing owed, nothing flipped', 0, () => afterFlip(false)));
    rows.push(await held('nothing owed, a flip before every group', flips, () => afterFlip(true)));
    rows.push(await held('under load, nothing flipped', 0, () => underLoad(false)));
    rows.push(await held('under load, flips', flips, () => underLoad(true)));
    return { effect, rows };
  } finally {
    await users.close();
  }

  async function held(what: string, count: number, work: () => Promise<Timed[]>): Promise<Held> {
    const before = await installation.holds();
    const all = await work();
    const after = await installation.holds();
    await installation.even();
    const buckets = new Map([...after].map(([edge, found]) => [edge, found - (before.get(edge) ?? 0)]));
    const took = all.map((timed) => timed.took);
    return {
      what,
      flips: count,
      requests: all.length,
      failed: all.filter(({ failed }) => failed).length,
      took: { p50: quantile(took, 0.5), p99: quantile(took, 0.99) },
      hold: { p50: 1000 * quantileOfBuckets(buckets, 0.5), p99: 1000 * quantileOfBuckets(buckets, 0.99) },
    };
  }
}
