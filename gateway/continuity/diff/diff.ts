/**
 * Compares the whole state of both backends beside traffic: the rows of the lists with one reading of each, then each entity by itself.
 * What is being written to is looked at again at the end until it is quiet; what differs is looked at twice.
 */
import { type ComparisonOptions, compareKey, type Entity } from '../comparison/compare-key.ts';
import { compareList } from '../comparison/compare-list.ts';
import { type Comparison, type Disturbance, together } from '../comparison/outcome.ts';
import { listReads } from '../comparison/shows.ts';
import { keyOf, listKey } from '../protocol/keys.ts';
import { Pace } from './pace.ts';
import { type DiffCounts, type DiffProgress, type DiffReport, excerpt, keyDifferences } from './report.ts';

export interface DiffOptions {
  comparing: ComparisonOptions;
  /** Public ids of entities that legacy may have and no list shows. */
  unlisted?: ((kind: string, signal: AbortSignal) => Promise<readonly string[]>) | undefined;
  /** The kinds to compare. */
  kinds: readonly string[];
  /** How many keys are compared in a second at most. */
  rate: number;
  /** How long it waits at the end for keys that are being written to, in milliseconds. */
  patience?: number;
}

const atOnce = 8;
/** More differences than this are no accident, so they are not looked at twice. */
const mostLookedAtTwice = 200;
const mostShown = 100;
/** Milliseconds between two rounds over what is undecided. */
const betweenRounds = 500;

const whyDisturbed: Readonly<Record<Disturbance, string>> = {
  written: 'it is being written to',
  owed: 'a backend still has to be given a write to it',
  stuck: 'a write to it is stuck, or legacy was left behind: `banyan journal` shows it',
  changed: 'legacy restarted, or was sent a late write, while it was compared',
};

interface Looked {
  /** Undefined for the list of a kind. */
  entity: Entity | undefined;
  /** Of the rows that lists have of it. */
  rows: Comparison;
  comparison: Comparison;
  /** How often it was found to differ. */
  differed: number;
}

/** What is kept of a comparison until the report: every entity may differ, and its answers may be large. */
const kept = (comparison: Comparison): Comparison =>
  comparison.outcome === 'different'
    ? { ...comparison, differences: comparison.differences.map(excerpt), answers: new Map() }
    : comparison;

const alike: Comparison = { outcome: 'equal', legacyLacks: [] };

export class Diff {
  readonly #options: DiffOptions;
  readonly #signal: AbortSignal;
  readonly #started = new Date().toISOString();
  readonly #pace: Pace;
  readonly #looked = new Map<string, Looked>();
  #stage: DiffProgress['stage'] = 'listing';
  #done = 0;
  #total = 0;

  constructor(options: DiffOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#pace = new Pace(options.rate);
  }

  get progress(): DiffProgress {
    let different = 0;
    for (const { comparison } of this.#looked.values())
      if (comparison.outcome === 'different') different += 1;
    const [started, stage, done, total] = [this.#started, this.#stage, this.#done, this.#total];
    return { started, stage, done, total, different };
  }

  /** To be called once. @throws where a list cannot be read at the start, or the signal is aborted */
  async report(): Promise<DiffReport> {
    const kinds = await this.#list();
    const all = [...this.#looked.keys()];
    await this.#lookAt(all, 'comparing');
    await this.#settle();
    return this.#written(kinds);
  }

  /** Which entities there are, and what their rows show. */
  async #list(): Promise<DiffReport['kinds']> {
    const { comparing, unlisted } = this.#options;
    const { table } = comparing.sides;
    const kinds: DiffReport['kinds'] = [];
    for (const kind of this.#options.kinds) {
      const { rows, list } = await compareList(kind, comparing);
      if (list.outcome === 'unavailable')
        throw new Error(`the list of ${kind}s cannot be compared, as ${wordsOf(list)}`);
      const ofList = kept(list);
      this.#looked.set(listKey(kind), { entity: undefined, rows: ofList, comparison: ofList, differed: 0 });
      for (const [key, { id, comparison }] of rows) this.#add({ kind, id }, key, comparison);
      for (const id of (await unlisted?.(kind, this.#signal)) ?? [])
        if (!this.#looked.has(keyOf(kind, id))) this.#add({ kind, id }, keyOf(kind, id), alike);
      const isListed = listReads(table, kind).length > 0 || unlisted !== undefined;
      kinds.push({ kind, entities: rows.size, isListed });
      this.#signal.throwIfAborted();
    }
    return kinds;
  }

  #add(entity: Entity, key: string, comparison: Comparison): void {
    const rows = kept(comparison);
    this.#looked.set(key, { entity, rows, comparison: rows, differed: 0 });
  }

  async #lookAt(keys: readonly string[], stage: DiffProgress['stage']): Promise<void> {
    this.#stage = stage;
    this.#done = 0;
    this.#total = keys.length;
    const queue = keys.values();
    const work = async () => {
      for (const key of queue) {
        await this.#compare(key);
        this.#done += 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  async #compare(key: string): Promise<void> {
    const looked = this.#looked.get(key);
    if (!looked) return;
    const { entity, rows } = looked;
    if (!entity) looked.comparison = rows;
    else {
      await this.#pace.turn(this.#signal);
      looked.comparison = kept(together([rows, await compareKey(entity, this.#options.comparing)]));
    }
    if (looked.comparison.outcome === 'different') looked.differed += 1;
  }

  async #settle(): Promise<void> {
    const { comparing, patience = 60_000 } = this.#options;
    const end = performance.now() + patience;
    for (let pending = this.#pending(); pending.length > 0; pending = this.#pending()) {
      if (performance.now() > end) return;
      await comparing.lag.change(betweenRounds);
      this.#signal.throwIfAborted();
      await this.#listAgain(pending);
      await this.#lookAt(pending, 'settling');
    }
  }

  /** What another look may change. */
  #pending(): string[] {
    const looked = [...this.#looked];
    const different = looked.filter(([, { comparison }]) => comparison.outcome === 'different');
    const isPending = ({ comparison, differed }: Looked) => {
      if (comparison.outcome === 'different') return differed < 2 && different.length <= mostLookedAtTwice;
      return comparison.outcome === 'disturbed'
        ? comparison.why !== 'stuck'
        : comparison.outcome === 'unavailable';
    };
    return looked.filter(([, each]) => isPending(each)).map(([key]) => key);
  }

  /** The lists of the kinds of which something is pending that has to do with its rows. */
  async #listAgain(pending: readonly string[]): Promise<void> {
    const { comparing, kinds } = this.#options;
    for (const kind of kinds) {
      const ofKind = pending.flatMap((key) => {
        const looked = this.#looked.get(key);
        const isOfKind = looked?.entity ? looked.entity.kind === kind : key === listKey(kind);
        return looked && isOfKind && looked.rows.outcome !== 'equal' ? [{ key, looked }] : [];
      });
      if (ofKind.length === 0) continue;
      const { rows, list } = await compareList(kind, comparing);
      for (const { key, looked } of ofKind) {
        if (!looked.entity) looked.rows = kept(list);
        // Without a row on either side it was deleted meanwhile, if the lists could be read.
        else looked.rows = kept(rows.get(key)?.comparison ?? (list.outcome === 'unavailable' ? list : alike));
      }
    }
  }

  #written(kinds: DiffReport['kinds']): DiffReport {
    const counts: DiffCounts = {
      compared: 0,
      equal: 0,
      different: 0,
      legacyLacks: 0,
      disturbed: 0,
      unavailable: 0,
    };
    const report: Pick<DiffReport, 'different' | 'legacyLacks' | 'undecided'> = {
      different: [],
      legacyLacks: [],
      undecided: [],
    };
    const note = <Each>(list: Each[], each: Each) => {
      if (list.length < mostShown) list.push(each);
    };
    for (const [key, { comparison }] of this.#looked) {
      counts.compared += 1;
      if (comparison.outcome === 'different') {
        counts.different += 1;
        note(report.different, keyDifferences(key, comparison.differences));
      } else if (comparison.outcome === 'equal') {
        counts.equal += 1;
        if (comparison.legacyLacks.length === 0) continue;
        counts.legacyLacks += 1;
        note(report.legacyLacks, keyDifferences(key, comparison.legacyLacks));
      } else {
        counts[comparison.outcome] += 1;
        note(report.undecided, { key, reason: wordsOf(comparison) });
      }
    }
    const isUndecided = counts.disturbed + counts.unavailable > 0;
    const outcome = counts.different > 0 ? 'different' : isUndecided ? 'undecided' : 'clean';
    const times = { started: this.#started, ended: new Date().toISOString() };
    return { ...times, outcome, counts, kinds, ...report };
  }
}

/** Why nothing can be said, as half a sentence. */
function wordsOf(comparison: Extract<Comparison, { outcome: 'disturbed' | 'unavailable' }>): string {
  if (comparison.outcome === 'disturbed') return whyDisturbed[comparison.why];
  const backend = comparison.side === 'new' ? 'the new backend' : 'legacy';
  return `${backend} cannot be asked: ${comparison.reason}`;
}
