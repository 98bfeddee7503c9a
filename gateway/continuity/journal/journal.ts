/** The journal as the rest of the gateway uses it: durable in PostgreSQL, patient while that is away, mirrored in memory. */

import { isAway } from '@banyan/operations/db/away.ts';
import { type SpanOptions, traced } from '@banyan/operations/tracing/spans.ts';
import type { BackendName, RouteTable } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { pass } from '../failpoints.ts';
import { Knowledge } from '../knowledge/knowledge.ts';
import type { Names } from '../names/names.ts';
import { entityKeys, kindOf, polledKinds } from '../protocol/keys.ts';
import { admit, giveUp, type Intent } from './admit.ts';
import { fenced, type HeldClaim, isFencedOff } from './fenced.ts';
import { Holds } from './holds.ts';
import { Lag } from './lag/lag.ts';
import { type Leaving, leaveBehind, pinLeftBehind } from './leave.ts';
import { persistently, StillAway } from './persistently.ts';
import { makeVoid, markDoubtful, type Settled, type Settlement, settle } from './settle.ts';
import { dropBody } from './spent-bodies.ts';
import type { Spill } from './spill.ts';
import type { JournalDb } from './tables.ts';

export interface JournalOptions {
  /** Opens the database, or gives the one that is open. */
  db: () => Promise<JournalDb>;
  claim: HeldClaim;
  spill: Spill;
  names: Names;
  log: Logger;
  patience?: Partial<Patience>;
  /** A write has come to its end: the other side may have to be given something. */
  onSettled?: () => void;
  /** Legacy was written to where the new backend is not known to have what was there before: the sync has to bring it. */
  onUnknown?: () => void;
  /** A side has done a write of which the journal says otherwise: nothing in the journal explains what these keys show. */
  onUnexplained?: (id: string, keys: readonly string[]) => void;
  /** A file with a body that no write will be sent with again, as far as the journal knows. */
  onSpent?: (file: string) => Promise<void>;
}

export interface Patience {
  /** How long a write waits for PostgreSQL before it is sent, in milliseconds. */
  admit: number;
  /** How long an answer waits for it. */
  settle: number;
}

const spanOf = (id: string): SpanOptions => ({
  kind: 'client',
  attributes: { 'db.system.name': 'postgresql', 'banyan.entry': id },
});

export class Journal {
  /** What the new backend is known to have. */
  readonly knowledge = new Knowledge();
  readonly lag = new Lag(this.knowledge);
  readonly holds = new Holds();
  readonly #options: JournalOptions;
  readonly #patience: Patience;
  readonly #owners = new Map<string, BackendName>();
  readonly #polled = new Set<string>();
  readonly #later = new Set<Promise<void>>();
  #closed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#patience = { admit: 5000, settle: 10_000, ...options.patience };
  }

  db(): Promise<JournalDb> {
    return this.#options.db();
  }

  /** Of this gateway's claim: what admits, sends or marks checks it. */
  get fence(): string {
    return this.#options.claim.fence;
  }

  /** Whether an error says that another gateway has taken the database over; this one then knows it too. */
  isClaimLost(error: unknown): boolean {
    if (!isFencedOff(error)) return false;
    this.#options.claim.lose();
    return true;
  }

  /**
   * Takes the keys and writes the intent down.
   * @throws BanyanError `journal_away` or `claim_lost`: nothing has happened then, and nothing will
   */
  admit(intent: Intent): Promise<{ side: BackendName } | 'blocked'> {
    return traced('journal admit', spanOf(intent.id), async (span) => {
      const admitted = await this.#admit(intent);
      span.set({ 'banyan.backend': admitted === 'blocked' ? undefined : admitted.side });
      return admitted;
    });
  }

  async #admit(intent: Intent): Promise<{ side: BackendName } | 'blocked'> {
    try {
      const admitted = await persistently(
        async () => admit(await this.db(), this.fence, intent),
        this.#patience.admit,
      );
      if (admitted === 'blocked') return admitted;
      this.lag.admitted(intent.id, admitted.side, intent.keys);
      if (admitted.side === 'legacy') await this.#overtake(intent.keys);
      return admitted;
    } catch (error) {
      if (isFencedOff(error)) throw this.#options.claim.lose();
      if (!(error instanceof StillAway)) throw error;
      // The commit may have happened unheard, or still happen. The entry is never sent, so it is given up.
      this.eventually(async () => giveUp(await this.db(), intent));
      throw new BanyanError('journal_away', {}, error);
    }
  }

  /** Once legacy is written to, the writes that it was left behind of can no longer be given to it in their order: pins them. */
  async #overtake(keys: readonly string[]): Promise<void> {
    const left = this.lag.leftOf(keys);
    if (left.length > 0)
      await this.#soon(async () => {
        const pinned = await fenced(await this.db(), this.fence, (tx) => pinLeftBehind(tx, left));
        for (const id of pinned) {
          this.lag.overtaken(id, 'waiting');
          this.lag.pinned(id, true);
        }
      });
  }

  /**
   * Lets legacy serve at once, whatever it has not been given of keys of these kinds.
   * @returns what that is, and what `new` still writes to after `patience` milliseconds
   * @throws BanyanError `claim_lost`; where PostgreSQL is away: then legacy serves reads at once all the same
   */
  async leaveBehind(kinds: ReadonlySet<string>, patience = 2000): Promise<Leaving> {
    try {
      return await this.#leaveBehind(kinds, patience);
    } catch (error) {
      if (isFencedOff(error)) throw this.#options.claim.lose();
      // A person wants legacy to serve now, and reads need no database for that.
      if (isAway(error)) this.lag.leftForReads(kinds);
      throw error;
    }
  }

  async #leaveBehind(kinds: ReadonlySet<string>, patience: number): Promise<Leaving> {
    const end = performance.now() + patience;
    for (;;) {
      const leaving = await fenced(await this.db(), this.fence, (tx) => leaveBehind(tx, kinds));
      const held = new Set(leaving.held);
      for (const { id, keys } of leaving.left) if (!keys.some((key) => held.has(key))) this.lag.left(id);
      const left = end - performance.now();
      if (leaving.held.length === 0 || left <= 0) return leaving;
      await this.lag.change(left);
    }
  }

  /**
   * Writes down what came of a write; what is known of ids and lag is then known here too.
   * @throws BanyanError `outcome_unknown`; it is written down all the same, as soon as that is possible
   */
  settle(settlement: Settlement, backend: BackendName): Promise<void> {
    return traced('journal settle', spanOf(settlement.id), () => this.#settle(settlement, backend));
  }

  async #settle(settlement: Settlement, backend: BackendName): Promise<void> {
    const attempt = async () => {
      // The next gateway finds the entry spilled or in doubt.
      if (this.#closed) throw new StillAway(undefined);
      const settled = await settle(await this.db(), settlement);
      await pass('committed', settlement.id);
      return settled;
    };
    try {
      const settled = await attempt().catch(async (error: unknown) => {
        if (!isAway(error)) throw error;
        await this.#options.spill.write(settlement);
        const late = await persistently(attempt, this.#patience.settle);
        await this.#options.spill.remove(settlement.id);
        return late;
      });
      if (settled === 'other') {
        this.#lost(settlement);
        throw new BanyanError('outcome_unknown', { backend });
      }
      this.#settled(settlement, backend, settled);
    } catch (error) {
      if (!(error instanceof StillAway)) throw error;
      this.eventually(async () => {
        const settled = await attempt();
        if (settled === 'other') this.#lost(settlement);
        else this.#settled(settlement, backend, settled);
        await this.#options.spill.remove(settlement.id);
      });
      throw new BanyanError('outcome_unknown', { backend }, error);
    }
  }

  /** Somebody else has resolved the write otherwise, and that holds: what the side has done is as if nobody had asked for it. */
  #lost({ id, madeKeys }: Settlement): void {
    const keys = [...entityKeys(this.lag.keysOf(id)), ...madeKeys];
    this.#options.log.warn({ entry: id, keys }, 'the answer to a write came after the write was resolved');
    this.#options.onUnexplained?.(id, keys);
  }

  /** Who made what a key names; known of kinds that are polled. */
  ownerOf(keys: readonly string[]): BackendName | undefined {
    for (const key of keys) {
      const owner = this.#owners.get(key);
      if (owner) return owner;
    }
    return undefined;
  }

  async loadOwners(table: RouteTable): Promise<void> {
    this.lag.slowAre(this.#polled);
    for (const kind of polledKinds(table)) {
      this.#polled.add(kind);
      const rows = await (await this.db())
        .selectFrom('keys')
        .select(['key', 'side'])
        .where('key', 'like', `${kind}:%`)
        .execute();
      for (const { key, side } of rows) this.#owners.set(key, side);
    }
  }

  /** The entry's body is never sent again. It is removed in the background. */
  #spend(id: string): void {
    this.eventually(async () => {
      const file = await dropBody(await this.db(), id);
      if (file) await this.#options.onSpent?.(file);
    });
  }

  #settled(
    { id, madeKeys, ids, answer }: Settlement,
    side: BackendName,
    settled: Exclude<Settled, 'other'>,
  ): void {
    const owed = settled === 'owed';
    if (settled === 'none' && answer && answer.status >= 400) this.#spend(id);
    for (const key of madeKeys) if (this.#polled.has(kindOf(key))) this.#owners.set(key, side);
    for (const pair of ids) this.#options.names.ids.add(pair);
    if (side === 'legacy') for (const key of madeKeys) this.knowledge.legacy.has(key);
    this.#learn([...this.lag.keysOf(id), ...madeKeys], madeKeys, settled);
    this.lag.settled(id, madeKeys, owed);
    this.#options.onSettled?.();
  }

  /** What `settle` of `migrations/0014-knowledge.ts` wrote down of the keys. */
  #learn(keys: readonly string[], madeKeys: readonly string[], settled: Settled): void {
    if (settled === 'unknown') {
      for (const key of entityKeys(keys)) this.knowledge.forgot(key);
      this.#options.onUnknown?.();
    } else for (const key of madeKeys) this.knowledge.learned(key);
  }

  /** Another gateway has settled it, or made it void: then nothing is owed. */
  resolvedElsewhere(id: string, keys: readonly string[], owed: boolean): void {
    this.lag.settled(id, keys, owed);
    this.#options.onSettled?.();
  }

  /** Legacy cannot be at work on it any more, and does not show whether it has done it. */
  stalled(id: string): void {
    this.lag.stalled(id);
    this.#options.onSettled?.();
  }

  /** It has had no effect. */
  async void(id: string): Promise<void> {
    await this.#soon(async () => {
      await makeVoid(await this.db(), id);
      this.#spend(id);
      this.lag.gone(id);
      this.#options.onSettled?.();
    });
  }

  async doubt(id: string): Promise<void> {
    await this.#soon(async () => markDoubtful(await this.db(), id));
  }

  /** Done before it resolves where PostgreSQL is there, and later where it is not. */
  async #soon(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      this.eventually(work);
    }
  }

  /** Does something that may be done twice as soon as PostgreSQL takes it. */
  eventually(work: () => Promise<void>): void {
    const doing = this.#until(work).finally(() => this.#later.delete(doing));
    this.#later.add(doing);
  }

  async #until(work: () => Promise<void>): Promise<void> {
    while (!this.#closed)
      try {
        await persistently(work, 1000);
        return;
      } catch (error) {
        if (error instanceof StillAway) continue;
        this.#options.log.error({ err: error }, 'the journal could not be written');
        return;
      }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#later);
  }
}
