/** Diffs of a running gateway: one whole diff at a time, the sampled one all the time, and whether the last whole one still holds. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { compareKey } from '../comparison/compare-key.ts';
import type { Comparison } from '../comparison/outcome.ts';
import { haveChanged } from '../comparison/quiet.ts';
import { shownKinds } from '../comparison/shows.ts';
import { kindsOf } from '../protocol/keys.ts';
import { Diff, type DiffOptions } from './diff.ts';
import { Findings, type Found } from './findings.ts';
import type { DiffProgress, DiffReport, KeyDifferences } from './report.ts';
import { Sample } from './sample.ts';

export interface DiffsOptions extends Pick<DiffOptions, 'comparing' | 'unlisted' | 'patience'> {
  /** Whether the new backend is known to have a key, so that a difference is news; every key unless told. */
  isKnown?: ((key: string) => boolean) | undefined;
  /** Whether legacy is no longer given what is written by a route; no route unless told. */
  isComplete?: ((route: RouteKey) => boolean) | undefined;
  /** Keys in a second, of a whole diff; 50 unless told. */
  rate?: number | undefined;
  /** Keys in a minute that are compared all the time; none unless told. */
  perMinute?: number | undefined;
  log: Logger;
}

export interface DiffState {
  running: DiffProgress | null;
  last: DiffReport | null;
  sampled: {
    /** Keys in a minute; 0: it is off. */
    perMinute: number;
    counts: Readonly<Record<Found, number>>;
    /** The first ones. */
    different: KeyDifferences[];
  };
  /** When the last clean diff began, in ISO 8601, UTC. */
  lastClean: string | null;
  /** Why no route can be completed, as a sentence; null if the last diff allows it. */
  obstacle: string | null;
}

/** Of which entries and restarts nobody knows any more what they changed, in milliseconds. */
const holdsFor = 60 * 60_000;
const shownSampled = 20;
/** Writes under way or owed beyond which the sampled diff waits. */
const busyFrom = 8;

export class Diffs {
  readonly #options: DiffsOptions;
  readonly #findings: Findings;
  readonly #sample: Sample;
  #running: { diff: Diff; stop: AbortController; end: Promise<DiffReport> } | undefined;
  #last: DiffReport | undefined;
  #clean: { started: string; at: number; divergent: number; counted: readonly number[] } | undefined;
  #divergent = 0;

  constructor(options: DiffsOptions) {
    this.#options = options;
    const { comparing, perMinute = 0, isKnown = () => true, log } = options;
    this.#findings = new Findings((key, { differences }) =>
      log.warn(
        { key, places: differences.map(({ route, place }) => `${route} ${place}`) },
        'the two backends show something differently: `banyan diff` compares everything',
      ),
    );
    this.#sample = new Sample({
      comparing,
      perMinute,
      kinds: () => this.#kinds(),
      isBusy: () => this.#running !== undefined || this.#isBusy(),
      found: (key, part, comparison) => {
        if (isKnown(key)) this.#findings.note(key, part, comparison);
      },
    });
  }

  /** Of what legacy is no longer given, the backends are not the same, and need not be. */
  #kinds(): string[] {
    const { comparing, isComplete = () => false } = this.#options;
    const { table } = comparing.sides;
    const ended = table.routes
      .filter(({ access, key }) => access === 'write' && isComplete(key))
      .flatMap(kindsOf);
    return shownKinds(table).filter((kind) => !ended.includes(kind));
  }

  #isBusy(): boolean {
    const { open, owed } = this.#options.comparing.lag.counts();
    return open + owed > busyFrom;
  }

  get state(): DiffState {
    const { perMinute = 0 } = this.#options;
    const different = this.#findings.different.slice(0, shownSampled);
    return {
      running: this.#running?.diff.progress ?? null,
      last: this.#last ?? null,
      sampled: { perMinute, counts: this.#findings.counts, different },
      lastClean: this.#clean?.started ?? null,
      obstacle: this.obstacle ?? null,
    };
  }

  /** Keys that were compared since the start, by what came of it. */
  get counts(): Readonly<Record<Found, number>> {
    return this.#findings.counts;
  }

  /** When the last clean diff began, in seconds since 1970; 0 if there was none since the start. */
  get lastClean(): number {
    return this.#clean ? Date.parse(this.#clean.started) / 1000 : 0;
  }

  /** Keys that differ as far as is known: by the last whole diff, and by the sampled one since. */
  get differentKeys(): number {
    return Math.max(
      this.#last?.counts.different ?? 0,
      new Set(this.#findings.different.map(({ key }) => key)).size,
    );
  }

  /**
   * Begins a diff of the whole state. @param rate keys in a second at most
   * @throws BanyanError `diff_running`
   */
  start(rate = this.#options.rate ?? 50): DiffProgress {
    if (this.#running) throw new BanyanError('diff_running');
    const stop = new AbortController();
    const { comparing, unlisted, patience } = this.#options;
    const options = {
      comparing,
      unlisted,
      rate,
      kinds: this.#kinds(),
      ...(patience !== undefined && { patience }),
    };
    const diff = new Diff(options, stop.signal);
    const before = { divergent: this.#divergent, counted: this.#counted() };
    const running = { diff, stop, end: this.#run(diff, stop.signal) };
    this.#running = running;
    void running.end.then((report) => {
      this.#running = undefined;
      this.#last = report;
      this.#findings.add(report.counts);
      if (report.outcome === 'clean' || report.outcome === 'different') this.#findings.clear();
      if (report.outcome === 'clean') {
        this.#clean = { started: report.started, at: performance.now(), ...before };
      } else if (report.outcome !== 'cancelled') this.#clean = undefined;
    });
    return diff.progress;
  }

  async #run(diff: Diff, signal: AbortSignal): Promise<DiffReport> {
    const { started } = diff.progress;
    try {
      return await diff.report();
    } catch (error) {
      if (!signal.aborted) this.#options.log.error({ err: error }, 'the diff of the two backends failed');
      const reason = error instanceof Error ? error.message : String(error);
      return {
        started,
        ended: new Date().toISOString(),
        ...(signal.aborted ? { outcome: 'cancelled' } : { outcome: 'failed', reason }),
        counts: { compared: 0, equal: 0, different: 0, legacyLacks: 0, disturbed: 0, unavailable: 0 },
        kinds: [],
        different: [],
        legacyLacks: [],
        undecided: [],
      };
    }
  }

  /** Resolves once no whole diff is running, with the last one's report. */
  async ended(): Promise<DiffReport | undefined> {
    await this.#running?.end;
    return this.#last;
  }

  /** @returns whether a diff was running */
  cancel(): boolean {
    this.#running?.stop.abort();
    return this.#running !== undefined;
  }

  /** Why a route may not be completed, as a sentence; undefined for a route of which nothing can be compared. */
  against(route: RouteKey): string | undefined {
    const { table } = this.#options.comparing.sides;
    const kinds = table.routes.filter(({ key }) => key === route).flatMap(kindsOf);
    return kinds.some((kind) => this.#kinds().includes(kind)) ? this.obstacle : undefined;
  }

  /** Compares one entity now. @returns undefined for a key of a kind that no read shows */
  async compare(key: string): Promise<Comparison | undefined> {
    const { comparing } = this.#options;
    const [, kind = '', id = ''] = /^([^:]*):(.*)$/s.exec(key) ?? [];
    return shownKinds(comparing.sides.table).includes(kind) ? compareKey({ kind, id }, comparing) : undefined;
  }

  /** The two backends did not answer a write alike. */
  diverged(): void {
    this.#divergent += 1;
  }

  /** The counters that a change beside the journal moves, such as a restart of legacy. */
  #counted(): readonly number[] {
    return this.#options.comparing.counters?.('') ?? [];
  }

  /**
   * Why the last diff does not show that both backends hold the same, as a sentence. Writes since a clean diff are explained if both
   * backends answered them alike; that both have them is for the caller to see.
   */
  get obstacle(): string | undefined {
    const clean = this.#clean;
    if (!clean) return this.#whyNotClean();
    if (performance.now() - clean.at > holdsFor) return 'The last clean diff is more than an hour old.';
    if (this.#divergent !== clean.divergent)
      return 'The backends have answered a write differently since the last clean diff: `banyan divergences` shows it.';
    if (haveChanged(clean.counted, this.#counted())) return 'Legacy has restarted since the last clean diff.';
    const [found] = this.#findings.different;
    return found && `The two backends show ${found.key} differently since the last clean diff.`;
  }

  #whyNotClean(): string {
    const last = this.#last;
    if (!last || last.outcome === 'cancelled')
      return 'No diff of the two backends has ended since the start.';
    const { outcome, counts, reason } = last;
    if (outcome === 'failed') return `The last diff failed: ${reason ?? 'the log says why'}.`;
    if (outcome === 'different') return `The last diff found differences in ${counts.different} keys.`;
    return `The last diff could not decide about ${counts.disturbed + counts.unavailable} keys.`;
  }

  async close(): Promise<void> {
    this.cancel();
    await Promise.all([this.#running?.end, this.#sample.close()]);
  }
}
