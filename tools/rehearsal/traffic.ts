/** Users who go on and on, until they are told to stop. */
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from '@banyan/operations/testing/random.ts';
import { type Failure, type OldChat, User, type UserOptions } from './user.ts';

export interface Traffic {
  readonly failures: readonly Failure[];
  /** Of each request that was answered, in milliseconds. */
  readonly times: readonly number[];
  /** Writes that were acknowledged and are looked for. */
  acknowledged(): number;
  /** Resolves when every user has seen that all is there. */
  stop(): Promise<void>;
  /** Every user looks once more, while both backends have everything. */
  look(): Promise<void>;
  /** Nobody uses this chat any more, or looks for what was in it. */
  giveUp(chat: string): void;
}

export interface TrafficOptions
  extends Pick<UserOptions, 'url' | 'forgiving' | 'mayForget' | 'countsOthers' | 'uploads'> {
  users: number;
  seed: number;
  /** Chats of before, of each user. */
  has?: (nth: number) => readonly OldChat[];
  /** Between two things that a user does, in milliseconds; none unless told. */
  pace?: number;
  onFailure?(failure: Failure): void;
}

export function startTraffic({ users, seed, pace = 0, has, onFailure, ...rest }: TrafficOptions): Traffic {
  const failures: Failure[] = [];
  const times: number[] = [];
  const stopping = new AbortController();
  const all = Array.from(
    { length: users },
    (_, i) =>
      new User({
        ...rest,
        name: `user ${i + 1}`,
        random: chance(seed + i),
        ...(has && { has: has(i) }),
        onFailure: (failure) => {
          failures.push(failure);
          onFailure?.(failure);
        },
        onRequest: (milliseconds) => times.push(milliseconds),
      }),
  );
  const loops = all.map(async (user) => {
    while (!stopping.signal.aborted) {
      await user.act();
      await pause(pace, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  });
  const finish = async (isAtRest: boolean) =>
    void (await Promise.all(all.map((user) => user.finish(isAtRest))));
  return {
    failures,
    times,
    look: () => finish(true),
    giveUp: (chat) => {
      for (const user of all) user.giveUp(chat);
    },
    acknowledged: () => all.reduce((sum, user) => sum + user.acknowledged, 0),
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      await finish(false);
    },
  };
}
