/** What is written down of a replay: that the other side may have an entry, and that it has. */

import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import type { IdPair } from '../ids/registry.ts';
import type { StoredAnswer, Verdict } from '../protocol/entry.ts';
import type { TimePair } from '../times/memory.ts';
import { call, columnsOf } from './procedures.ts';
import type { JournalDb, JournalTx } from './tables.ts';
import { Together } from './together.ts';

export interface Sending {
  id: string;
  /** What the other side showed before; of the probe's own shape. */
  expected: unknown;
  /** Whether it has to outlast a database that is killed. */
  isKept: boolean;
}

export interface Application {
  id: string;
  /** Undefined where a probe found that the other side has it. */
  answer: StoredAnswer | undefined;
  verdict: Verdict;
  differences: readonly Difference[];
  ids: readonly IdPair[];
  /** Who has it now. */
  side: BackendName;
  /** What each entity's times on that side are shown as from now on. */
  times: ReadonlyMap<string, readonly TimePair[]>;
}

export class Marks {
  readonly #db: () => Promise<JournalDb>;
  readonly #fence: string;
  readonly #sending: Together<Sending, boolean>;
  readonly #applied: Together<Application, undefined>;

  /** @param fence of the gateway that has the database */
  constructor(db: () => Promise<JournalDb>, fence: string) {
    this.#db = db;
    this.#fence = fence;
    this.#sending = new Together(async (all) => markSending(await db(), fence, all));
    this.#applied = new Together(async (all) => markApplied(await db(), fence, all));
  }

  /**
   * From now on the other side may have it; until then it surely has not.
   * @returns false where a person has decided meanwhile that it is not sent: it was pinned, or skipped
   */
  sending(sending: Sending): Promise<boolean> {
    return this.#sending.add(sending);
  }

  /** The other side has it. */
  applied(application: Application): Promise<undefined> {
    return this.#applied.add(application);
  }

  /** The other side has it after writes that overtook it: it stays owed until both sides show the same. */
  async taken(application: Application): Promise<void> {
    const db = await this.#db();
    await db.transaction().execute(async (tx) => {
      await markApplied(tx, this.#fence, [application]);
      // Lost with a server that is killed, it would be given to the other side twice.
      await sql`set local synchronous_commit to on`.execute(tx);
      await tx
        .updateTable('entries')
        .set({ mirror: 'sending', overtaken: 'taken' })
        .where('id', '=', application.id)
        .execute();
    });
  }
}

async function markSending(db: JournalDb, fence: string, all: readonly Sending[]): Promise<boolean[]> {
  const ids = all.map(({ id }) => id);
  const expected = all.map((each) => jsonOrNull(each.expected));
  const sent = new Set(await call(db, 'send_all', [fence, ids, expected, all.some(({ isKept }) => isKept)]));
  return ids.map((id) => sent.has(id));
}

async function markApplied(
  db: JournalDb | JournalTx,
  fence: string,
  all: readonly Application[],
): Promise<undefined[]> {
  const heads = all.map(({ answer }) => answer && headOf(answer));
  const ids = all.flatMap((each) => each.ids);
  const timed = all.flatMap(({ side, times }) =>
    [...times].map(([key, pairs]) => ({ side, key, pairs: pairs.map((pair) => ({ side, ...pair })) })),
  );
  const pairs = timed.flatMap((each) => each.pairs);
  await call(db, 'apply_all', [
    fence,
    all.map(({ id }) => id),
    heads.map(jsonOrNull),
    all.map(({ answer }) => answer?.body ?? null),
    all.map(({ verdict }) => verdict),
    all.map(({ differences }) => jsonOrNull(differences.length > 0 ? differences : undefined)),
    ...columnsOf(ids),
    timed.map(({ side }) => side),
    timed.map(({ key }) => key),
    pairs.map(({ side }) => side),
    pairs.map(({ key }) => key),
    pairs.map(({ field }) => field),
    pairs.map(({ value }) => value),
    pairs.map(({ publicValue }) => publicValue),
  ]);
  return all.map(() => undefined);
}

const headOf = ({ status, reason, rawHeaders }: StoredAnswer) => ({ status, reason, rawHeaders });

const jsonOrNull = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
