/**
 * Recognises restarts of legacy, as the route table says how: looks every second while legacy is used, and at once when its connections
 * fail. Each restart begins another incarnation, in the journal and in what is known of legacy.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isAway } from '@banyan/operations/db/away.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { fenced } from '../journal/fenced.ts';
import {
  beginIncarnation,
  type Incarnation,
  loadIncarnation,
  loadLacks,
  markCompared,
  noteIncarnation,
  noteLacks,
  type Witness,
} from '../journal/incarnations.ts';
import type { Journal } from '../journal/journal.ts';
import type { LegacyState } from '../journal/legacy-state.ts';
import { parseBody } from '../json/parse-body.ts';
import type { LegacyMemory } from '../knowledge/legacy-memory.ts';
import { readPlace } from '../protocol/places.ts';
import type { Sides } from '../sides/sides.ts';
import type { Signs } from './signs.ts';
import { Witnesses } from './witnesses.ts';

export interface RestartsOptions {
  table: RouteTable;
  journal: Journal;
  /** Asks legacy without being seen by `signs`. */
  sides: Sides;
  signs: Signs;
  /** Between two looks while legacy is used, in milliseconds; a second unless told. */
  every?: number | undefined;
  /** What the program that starts legacy says of the start that it runs by now: another text is another start. */
  told?: string | undefined;
  log: Logger;
}

const shownLacking = 20;
/** While legacy's connections fail: between two looks, in milliseconds. */
const soon = 100;
/** The longest that a read waits for a look that is under way, in milliseconds. */
const patience = 1000;

export class Restarts {
  readonly #options: RestartsOptions;
  readonly #witnesses: Witnesses;
  readonly #closing = new AbortController();
  readonly #listeners: (() => void)[] = [];
  #current: Incarnation = {
    number: 1,
    since: new Date(),
    sign: 'first',
    started: undefined,
    told: undefined,
    witnesses: [],
    isCompared: true,
    blocked: undefined,
  };
  /** When a connection to legacy was last refused, by `performance.now()`: no process was there. */
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Resolves when both backends have been compared, or legacy is started once more, or this closes. */
  #compared = Promise.withResolvers<void>();
  /** Legacy's connections have failed, and no look has succeeded since. */
  #suspicion: PromiseWithResolvers<void> | undefined;
  #running: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(options: RestartsOptions) {
    this.#options = options;
    this.#witnesses = new Witnesses(options.table, options.sides);
  }

  get current(): Readonly<Incarnation> {
    return this.#current;
  }

  /** Called after each restart. */
  onRestart(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What an earlier gateway has found out, and whether legacy was started since. To be called before anything is served. */
  async load(): Promise<void> {
    const { journal, signs, told } = this.#options;
    const db = await journal.db();
    this.#current = await loadIncarnation(db);
    this.#memory.restarted(this.#current.number);
    this.#memory.isBlocked = this.#current.blocked !== undefined;
    for (const { key, incarnation, lack } of await loadLacks(db)) this.#memory.loaded(key, incarnation, lack);
    if (told !== undefined) await this.tell(told);
    const fault = (isRefused: boolean) => {
      if (isRefused) this.#refusedAt = performance.now();
      this.suspect();
    };
    signs.listen({ fault, answered: (seen) => this.#witnesses.saw(seen) });
    // Legacy may have been started while no gateway ran.
    if (this.#isRecognised) await withinPatience(this.#lookSafely());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** The program that starts legacy tells of a start. The first one that is heard of is no restart if nothing was written before. */
  async tell(told: string): Promise<void> {
    const { journal } = this.#options;
    if (told === this.#current.told) return;
    const db = await journal.db();
    const isFirst = this.#current.told === undefined && !(await hasKeys(db));
    if (!isFirst) return this.#begin('the program that starts legacy has started it', { told });
    this.#current = { ...this.#current, told };
    await noteIncarnation(db, this.#current.number, { told });
  }

  /** Something hints at a restart: looks at once, and again until legacy answers. */
  suspect(): void {
    if (!this.#isRecognised || this.#closing.signal.aborted) return;
    this.#suspicion ??= Promise.withResolvers<void>();
    this.#wake.resolve();
  }

  /** A comparison has shown what only a restart explains. */
  found(sign: string): void {
    this.#begin(sign);
  }

  state(): LegacyState {
    const { number, since, sign, isCompared, blocked } = this.#current;
    const lacking = this.#memory.lacking();
    return {
      incarnation: number,
      since: since.toISOString(),
      sign,
      isBeingCompared: !isCompared,
      lacking: {
        count: lacking.length,
        first: lacking.slice(0, shownLacking).map(([key, lack]) => ({ key, ...lack })),
      },
      unproven: number === 1 ? [] : this.#options.journal.knowledge.unprovenKinds(this.#options.table),
      blocked: blocked ?? null,
    };
  }

  /** Both backends were compared since this incarnation began. */
  async compared(number: number): Promise<void> {
    await this.#flush();
    await markCompared(await this.#options.journal.db(), number);
    if (number !== this.#current.number) return;
    this.#current = { ...this.#current, isCompared: true };
    this.#compared.resolve();
  }

  /** Resolves once nothing is left to be compared after a restart of legacy. */
  async settled(): Promise<void> {
    while (!this.#current.isCompared && !this.#closing.signal.aborted) await this.#compared.promise;
  }

  /** Nothing is written to legacy or given back to it until a person decides; undefined: they have. */
  async block(reason: string | undefined): Promise<void> {
    if (reason === this.#current.blocked) return;
    this.#current = { ...this.#current, blocked: reason };
    this.#memory.isBlocked = reason !== undefined;
    const { journal, log } = this.#options;
    if (reason !== undefined)
      log.error({ incarnation: this.#current.number, reason }, 'legacy came back without much of its data');
    await noteIncarnation(await journal.db(), this.#current.number, { blocked: reason ?? null });
    journal.lag.knows();
  }

  /**
   * Looks now.
   * @returns why nothing of legacy's may be taken over, for people: it may have lost what nobody has compared yet
   */
  async distrust(): Promise<string | undefined> {
    try {
      await this.look();
    } catch (error) {
      return `legacy cannot be asked whether it was started again: ${(error as Error).message}`;
    }
    const { blocked, isCompared } = this.#current;
    if (blocked !== undefined) return `a person has to decide, as ${blocked}: \`banyan legacy\``;
    return isCompared ? undefined : 'legacy was started again, and both backends are being compared';
  }

  /** Resolves once no suspicion is open, or after a second. */
  async cleared(): Promise<void> {
    if (this.#suspicion) await withinPatience(this.#suspicion.promise);
  }

  /** Looks now. @throws BanyanError if legacy cannot be asked */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#suspicion?.resolve();
    this.#compared.resolve();
    this.#wake.resolve();
    await this.#running;
    await this.#flush().catch(() => undefined);
  }

  get #memory(): LegacyMemory {
    return this.#options.journal.knowledge.legacy;
  }

  get #isRecognised(): boolean {
    return this.#options.table.restarts?.started !== undefined || this.#witnesses.isDeclared;
  }

  /** A witness was seen while its entity was written to: until it is seen at rest, it cannot tell a restart from the write. */
  get #hasUnsettled(): boolean {
    return this.#current.witnesses.some(({ head }) => head === undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { signs, every = 1000 } = this.#options;
    while (!signal.aborted) {
      const isSuspected = this.#suspicion !== undefined;
      if (this.#isRecognised && (signs.takeUse() || isSuspected || this.#hasUnsettled))
        await this.#lookSafely();
      await this.#flush().catch((error: unknown) => {
        if (!isAway(error)) this.#options.log.warn({ err: error }, 'what legacy lacks is not written down');
      });
      this.#wake = Promise.withResolvers<void>();
      if (this.#suspicion && !isSuspected) continue;
      const wait = this.#suspicion ? soon : every;
      await Promise.race([this.#wake.promise, pause(wait, undefined, { signal, ref: false })]).catch(
        () => undefined,
      );
      if (this.#suspicion && isSuspected) await pause(soon, undefined, { signal }).catch(() => undefined);
    }
  }

  /** A look that fails leaves the suspicion, so that legacy is looked at again soon. */
  async #lookSafely(): Promise<void> {
    const suspicion = this.#suspicion;
    try {
      await this.look();
      suspicion?.resolve();
      if (this.#suspicion === suspicion) this.#suspicion = undefined;
    } catch (error) {
      if (error instanceof BanyanError) this.#suspicion ??= Promise.withResolvers<void>();
      else if (!isAway(error)) this.#options.log.warn({ err: error }, 'legacy could not be looked at');
    }
  }

  async #look(): Promise<void> {
    if (await this.#hasStartedAnew()) return;
    if (this.#witnesses.isDeclared) await this.#checkWitnesses();
  }

  async #hasStartedAnew(): Promise<boolean> {
    const { table, sides, journal } = this.#options;
    const declared = table.restarts?.started;
    if (!declared) return false;
    const { shown } = await sides.read('legacy', declared.read, {});
    const [value] = shown.status < 300 ? readPlace(parseBody(shown.body), declared.at) : [];
    if (value === undefined) return false;
    const started = JSON.stringify(value);
    const before = this.#current.started;
    if (before === started) return false;
    if (before !== undefined) {
      this.#begin(`legacy says that it was started: ${started}`, { started });
      return true;
    }
    this.#current = { ...this.#current, started };
    await noteIncarnation(await journal.db(), this.#current.number, { started });
    return false;
  }

  async #checkWitnesses(): Promise<void> {
    const { number, witnesses } = this.#current;
    const db = await this.#options.journal.db();
    const checked = await this.#witnesses.check(db, witnesses);
    // What was seen of an earlier incarnation says nothing of this one.
    if (number !== this.#current.number) return;
    if (checked.forgotten) return this.#begin(`legacy has forgotten ${describe(checked.forgotten)}`);
    if (JSON.stringify(checked.witnesses) === JSON.stringify(witnesses)) return;
    this.#current = { ...this.#current, witnesses: checked.witnesses };
    await noteIncarnation(db, number, { witnesses: checked.witnesses });
  }

  /** Takes effect at once; it is written down as soon as the database takes it. */
  #begin(sign: string, { started, told }: { started?: string; told?: string } = {}): void {
    const { journal, log } = this.#options;
    const number = this.#current.number + 1;
    const next = {
      number,
      sign,
      started,
      told: told ?? this.#current.told,
      witnesses: [],
      // A further restart brings nothing back by itself.
      blocked: this.#current.blocked,
    };
    this.#current = { ...next, since: new Date(), isCompared: false };
    this.#compared.resolve();
    this.#compared = Promise.withResolvers<void>();
    this.#memory.restarted(number, this.#refusedAt);
    this.#witnesses.clear();
    log.warn({ incarnation: number, sign }, 'legacy was started again');
    journal.eventually(async () => {
      await fenced(await journal.db(), journal.fence, (tx) => beginIncarnation(tx, next));
    });
    journal.lag.knows();
    for (const listener of this.#listeners) listener();
  }

  async #flush(): Promise<void> {
    const changes = this.#memory.takeChanges();
    if (changes.length === 0) return;
    try {
      await noteLacks(await this.#options.journal.db(), changes);
    } catch (error) {
      this.#memory.keepChanges(changes.map(({ key }) => key));
      throw error;
    }
  }
}

/** Resolves with the work, or after a second. */
async function withinPatience(work: Promise<void>): Promise<void> {
  const late = new AbortController();
  const { signal } = late;
  await Promise.race([work, pause(patience, undefined, { signal, ref: false }).catch(() => undefined)]);
  late.abort();
}

const describe = ({ route, params }: Witness) =>
  route.replace(/:(\w+)/g, (_, name: string) => params[name] ?? name);

const hasKeys = async (db: Awaited<ReturnType<Journal['db']>>) =>
  (await db.selectFrom('keys').select('key').limit(1).executeTakeFirst()) !== undefined;
