/** Whether the mirror keeps up: the writes that legacy takes by itself in a second, and those that it is given. */
import type { Installation } from './installation.ts';
import { Users, writes } from './users.ts';

export interface Keeping {
  kind: keyof typeof writes;
  /** Writes a second that legacy takes of all users at once, with nothing before it. */
  legacy: number;
  /** That it is given by the mirror, when new has taken them and nobody else asks anything. */
  toLegacy: number;
  /** That clients get through while legacy serves them and new is given them, until new has the last one. */
  toNew: number;
  /** How long new takes, after the last answer, until it has everything, in milliseconds. */
  behind: number;
}

export interface MirrorOptions {
  users: number;
  /** A kind after the other, by all users at once. */
  writesOfAKind: number;
}

type Start = (continuity: 'on' | 'off') => Promise<Installation>;
type Kinds = Keeping['kind'];

/** Each on an installation that begins with nothing. */
export async function measureMirror(start: Start, options: MirrorOptions): Promise<Keeping[]> {
  const found: Keeping[] = [];
  for (const kind of Object.keys(writes) as Kinds[]) {
    const legacy = await legacyAlone(start, kind, options);
    const { toNew, behind } = await fromLegacy(start, kind, options);
    const toLegacy = await fromNew(start, kind, options);
    found.push({ kind, legacy, toLegacy, toNew, behind });
  }
  return found;
}

function legacyAlone(start: Start, kind: Kinds, { users: count, writesOfAKind }: MirrorOptions) {
  return withUsers(start('off'), count, async (users, { legacyUrl }) => {
    const direct = users.at(legacyUrl);
    await went(direct, kind, count * warmUp);
    const took = await rate(writesOfAKind, () => went(direct, kind, writesOfAKind));
    await direct.close();
    return took;
  });
}

function fromLegacy(start: Start, kind: Kinds, { users: count, writesOfAKind }: MirrorOptions) {
  return withUsers(start('on'), count, async (users, installation) => {
    await went(users, kind, count * warmUp);
    await installation.even();
    let behind = 0;
    const toNew = await rate(writesOfAKind, async () => {
      await went(users, kind, writesOfAKind);
      const answered = performance.now();
      await installation.even();
      behind = performance.now() - answered;
    });
    return { toNew, behind };
  });
}

function fromNew(start: Start, kind: Kinds, { users: count, writesOfAKind }: MirrorOptions) {
  return withUsers(start('on'), count, async (users, installation) => {
    await installation.even();
    await installation.flip('new');
    await went(users, kind, count * warmUp);
    await installation.even();
    await stopped(installation.legacyPid, () => went(users, kind, writesOfAKind));
    return rate(writesOfAKind, () => installation.even());
  });
}

/** Writes of each user, until what is hot is compiled. */
const warmUp = 10;

async function withUsers<T>(
  starting: Promise<Installation>,
  count: number,
  work: (users: Users, installation: Installation) => Promise<T>,
): Promise<T> {
  const installation = await starting;
  try {
    const users = await Users.of(installation.url, count);
    return await work(users, installation).finally(() => users.close());
  } finally {
    await installation.stop();
  }
}

async function went(users: Users, kind: Kinds, requests: number): Promise<void> {
  const failed = (await users.go(writes[kind], { requests })).filter((timed) => timed.failed);
  if (failed.length > 0) throw new Error(`${failed.length} of ${requests} requests (${kind}) failed`);
}

async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (1000 * count) / (performance.now() - began);
}

/** Keeps legacy from doing anything meanwhile: what it is given is measured alone. */
async function stopped(pid: number, work: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
