/**
 * After a restart of legacy both backends are compared: the lists, what differs there or was written shortly before, and then of every
 * entity what a restart makes legacy forget. What legacy lacks is marked, so that the new backend serves it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type ComparisonOptions, compareKey } from '../comparison/compare-key.ts';
import { compareList } from '../comparison/compare-list.ts';
import { compareRead } from '../comparison/compare-read.ts';
import { type Comparison, type ShownDifference, together } from '../comparison/outcome.ts';
import { whileQuiet } from '../comparison/quiet.ts';
import { entityReads, shownKinds } from '../comparison/shows.ts';
import { entitiesAfter, keysWrittenSince } from '../journal/incarnations.ts';
import type { Journal } from '../journal/journal.ts';
import type { LegacyMemory } from '../knowledge/legacy-memory.ts';
import { keyOf, kindOf } from '../protocol/keys.ts';

export interface CheckupOptions {
  journal: Journal;
  comparing: ComparisonOptions;
  /** Legacy lacks so much that a person has to decide what is right. */
  onBlocked(reason: string): Promise<void>;
  /** A key of which legacy was seen to lack something. */
  onLacking?: (key: string) => void;
  signal: AbortSignal;
}

/** Of what is known, legacy may lack so much before a person has to decide. */
const mostMissing = (known: number) => Math.max(5, known / 10);
/** Entities that are compared between two looks at whether anything else began. */
const batch = 20;
/** Before what was disturbed is compared once more, in milliseconds; each pause is twice as long as the one before. */
const shortest = 200;
const longest = 5000;

export class Checkup {
  readonly #options: CheckupOptions;
  readonly #incarnation: number;
  /** What lists show of each entity. */
  readonly #rows = new Map<string, Comparison>();

  constructor(options: CheckupOptions) {
    this.#options = options;
    this.#incarnation = options.journal.knowledge.legacy.incarnation;
  }

  /** @returns whether all of it was compared in one incarnation. @throws the signal's reason; what the database throws */
  async run(since: Date): Promise<boolean> {
    const { comparing, journal } = this.#options;
    const { table } = comparing.sides;
    for (const kind of shownKinds(table)) await this.#again(() => this.#list(kind));
    const before = Math.max(...table.routes.map((route) => route.longest));
    const written = await keysWrittenSince(await journal.db(), since, before);
    await this.#each(written, (kind, id) => compareKey({ kind, id }, comparing));
    for (const kind of this.#forgettableKinds()) await this.#sweep(kind);
    return this.#isCurrent;
  }

  /** Keys that legacy was given something of: lists and entities. */
  async again(keys: readonly string[]): Promise<void> {
    const { comparing } = this.#options;
    for (const kind of new Set(keys.map(kindOf))) {
      const { rows } = await compareList(kind, comparing);
      for (const [key, { comparison }] of rows) this.#rows.set(key, comparison);
    }
    await this.#each(keys, (kind, id) => compareKey({ kind, id }, comparing));
  }

  get #memory(): LegacyMemory {
    return this.#options.journal.knowledge.legacy;
  }

  get #isCurrent(): boolean {
    return this.#memory.incarnation === this.#incarnation;
  }

  #forgettableKinds(): string[] {
    const { table } = this.#options.comparing.sides;
    const kinds = table.routes.flatMap(({ keys, forgotten, polling }) =>
      forgotten && !polling ? keys.flatMap((key) => ('one' in key ? [key.one] : [])) : [],
    );
    return [...new Set(kinds)];
  }

  /** Repeats what a write or a backend that did not answer has disturbed. */
  async #again(work: () => Promise<'done' | 'disturbed'>): Promise<void> {
    for (let wait = shortest; this.#isCurrent && (await work()) === 'disturbed'; )
      wait = await this.#paused(wait);
  }

  async #paused(wait: number): Promise<number> {
    const { signal } = this.#options;
    await pause(wait, undefined, { signal, ref: false });
    return Math.min(longest, 2 * wait);
  }

  async #list(kind: string): Promise<'done' | 'disturbed'> {
    const { comparing, journal, onBlocked } = this.#options;
    const { rows, list } = await compareList(kind, comparing);
    if (list.outcome === 'unavailable' || list.outcome === 'disturbed') return 'disturbed';
    const known = [...rows].filter(([key]) => journal.knowledge.isKnown(key));
    const differing = known.filter(([, { comparison }]) => comparison.outcome === 'different');
    const missing = differing.filter(([, { comparison }]) => isMissing(comparison));
    const isEmpty = known.length > 0 && missing.length === known.length;
    if (isEmpty || missing.length > mostMissing(known.length))
      await onBlocked(
        isEmpty
          ? `legacy lists no ${kind}, and the new backend lists ${known.length}`
          : `legacy lacks ${missing.length} of ${known.length} entities of kind "${kind}"`,
      );
    for (const [key, { comparison }] of known) this.#rows.set(key, comparison);
    for (const [key, { comparison }] of missing) this.#mark(key, comparison);
    const others = differing.filter((row) => !missing.includes(row)).map(([key]) => key);
    await this.#each(others, (of, id) => compareKey({ kind: of, id }, comparing));
    return 'done';
  }

  /** What the reads show that a restart makes legacy forget; everything else has been compared by then if it may differ. */
  async #sweep(kind: string): Promise<void> {
    const { journal, comparing } = this.#options;
    const memory = this.#memory;
    const reads = entityReads(comparing.sides.table, kind).filter(({ route }) => route.forgotten);
    for (let after = ''; this.#isCurrent; ) {
      const keys = await entitiesAfter(await journal.db(), kind, after, batch);
      const last = keys.at(-1);
      if (last === undefined) return;
      after = last;
      const began = performance.now();
      await this.#each(
        keys.filter((key) => !memory.hasAll(key) && !memory.lackOf(key)),
        (of, id) =>
          whileQuiet({ keys: [keyOf(of, id)], every: [] }, comparing, async () => {
            const found: Comparison[] = [];
            for (const { route, parameter } of reads)
              found.push(await compareRead(route, { [parameter]: id }, comparing));
            return together(found);
          }),
      );
      // Half of the time is left to requests.
      await pause(Math.min(500, performance.now() - began), undefined, {
        signal: this.#options.signal,
        ref: false,
      });
    }
  }

  /** Each by itself. What stays disturbed stays as it is: the new backend serves it, if it is current. */
  async #each(
    keys: readonly string[],
    compare: (kind: string, id: string) => Promise<Comparison>,
  ): Promise<void> {
    const { journal, signal } = this.#options;
    const { table } = this.#options.comparing.sides;
    const isShown = (key: string) => !key.includes(':#') && entityReads(table, kindOf(key)).length > 0;
    let left = keys.filter((key) => isShown(key) && journal.knowledge.isKnown(key));
    for (let wait = shortest, times = 0; left.length > 0 && times < 6 && this.#isCurrent; times += 1) {
      const disturbed: string[] = [];
      for (const key of left) {
        signal.throwIfAborted();
        const kind = kindOf(key);
        const entity = await compare(kind, key.slice(kind.length + 1));
        const row = this.#rows.get(key);
        const comparison = row ? together([entity, row]) : entity;
        const isUndecided = comparison.outcome === 'disturbed' || comparison.outcome === 'unavailable';
        if (isUndecided) disturbed.push(key);
        else if (this.#isCurrent) this.#mark(key, comparison);
      }
      left = disturbed;
      if (left.length > 0) wait = await this.#paused(wait);
    }
  }

  #mark(key: string, comparison: Comparison): void {
    const memory = this.#memory;
    if (comparison.outcome === 'equal' && comparison.legacyLacks.length === 0) {
      memory.has(key);
      return;
    }
    if (comparison.outcome === 'disturbed' || comparison.outcome === 'unavailable') return;
    const [lack] = comparison.legacyLacks;
    if (comparison.outcome === 'equal') {
      if (lack) memory.lost(key, { what: 'forgotten', reason: lackReason(lack) });
    } else {
      // What legacy alone has was written to it behind the gateway: no restart brings it about.
      if (comparison.differences.some(isMoreOnLegacy)) return;
      const [difference = lack] = comparison.differences;
      memory.lost(key, { what: 'data', reason: difference ? lackReason(difference) : 'legacy lacks it' });
    }
    this.#options.onLacking?.(key);
  }
}

/** Legacy has no row at all. */
const isMissing = (comparison: Comparison) =>
  comparison.outcome === 'different' &&
  comparison.differences.every(({ kind, place }) => kind === 'extra' && place.endsWith('[*]'));

/** Further elements, or a count of them that is larger. */
const isMoreOnLegacy = ({ kind, left, right }: ShownDifference) =>
  kind === 'missing' ||
  (kind === 'length' && Number.parseInt(left, 10) > Number.parseInt(right, 10)) ||
  (kind === 'value' && Number(left) > Number(right));

const lackReason = ({ route, place, left, right }: ShownDifference) =>
  `${route} ${place}: ${left ? `legacy shows ${short(left)}` : 'legacy shows nothing'}, the new backend ${short(right) || 'nothing'}`;

const short = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
