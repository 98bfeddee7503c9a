/**
 * Replays recordings against copies of the new backend. Legacy's answers to a recording are taken once, from a fresh legacy
 * app, and held against every copy: legacy is the same whatever is planted in the new backend, and so are its answers.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { generalised } from '@banyan/compare/json/places.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { against } from '../against.ts';
import type { Compared } from '../compared.ts';
import { Pairing } from '../pairing.ts';
import type { ReplayedRecording } from '../replay/replay.ts';
import type { SuiteOptions } from '../suite-options.ts';
import type { Mutant } from './mutant.ts';
import type { ChildBackend, Workshop } from './workshop.ts';

const MOMENT = 2000;
/**
 * How long uploads may take, all together, until a read shows them as recorded: a slow machine must not look like a fault.
 * Milliseconds.
 */
const PATIENCE = 60_000;

export type RoundOptions = Omit<SuiteOptions, 'recordings' | 'startNew' | 'onCompared' | 'onNoise'>;

/** Where a recording shows a fault. */
export interface Caught {
  recording: string;
  /** From 1. */
  exchange: number;
  request: string;
  place: string;
}

export type Outcome =
  | { end: 'caught'; by: Caught }
  /** Every recording of its routes passed, or differed at other places alone: `elsewhere` has the first. */
  | { end: 'missed'; recordings: string[]; elsewhere: Caught | undefined }
  /** It ended, or answered that it had failed: seen by accident, if at all. */
  | { end: 'crashed'; why: string };

export class Rounds {
  readonly #options: RoundOptions;
  readonly #recordings: readonly Recording[];
  readonly #legacy = new Map<string, Promise<ReplayedRecording>>();
  readonly #unplanted = new Map<string, Promise<ReadonlySet<string>>>();

  readonly #seen: Readonly<Record<string, string>>;

  /** @param seen by the fault's name, the recording that showed it last: it is replayed first */
  constructor(
    options: RoundOptions,
    recordings: readonly Recording[],
    seen: Readonly<Record<string, string>> = {},
  ) {
    this.#options = options;
    this.#seen = seen;
    // A copy begins with nothing in it.
    const startable = recordings.filter(({ state }) => state === undefined);
    this.#recordings = startable.toSorted((a, b) => a.exchanges.length - b.exchanges.length);
  }

  /** @throws MutantDoesNotApply, DoesNotStart */
  async judge(workshop: Workshop, mutant: Mutant): Promise<Outcome> {
    const chosen = this.#recordingsOf(mutant);
    let elsewhere: Caught | undefined;
    for (const recording of chosen) {
      const outcome = await this.#judgeBy(workshop, mutant, recording);
      if (outcome.end !== 'missed') return outcome;
      elsewhere ??= outcome.elsewhere;
    }
    return { end: 'missed', recordings: chosen.map(({ name }) => name), elsewhere };
  }

  /** What differs without the fault shows nothing of it; that is only looked at where something differs with it. */
  async #judgeBy(workshop: Workshop, mutant: Mutant, recording: Recording): Promise<Outcome> {
    let before: ReadonlySet<string> | undefined;
    for (;;) {
      const known = before;
      const isNew = (each: Difference) => !known?.has(`${each.exchange} ${each.place}`);
      const isCatch = (each: Difference) => isNew(each) && !each.failed && shows(mutant, each);
      const backend = await workshop.start(mutant);
      const found = await this.#differences(recording, backend, isCatch);
      const { crashed } = backend;
      if (found.length > 0) before ??= await this.#withoutFault(workshop, recording);
      // What was taken for a catch is none: looked at again, past it.
      const taken = found.find(isCatch);
      if (!known && taken && before?.has(`${taken.exchange} ${taken.place}`)) continue;
      if (taken) return { end: 'caught', by: taken };
      const news = found.filter((each) => !before?.has(`${each.exchange} ${each.place}`));
      const failed = news.find((each) => each.failed);
      if (crashed !== undefined || failed)
        return { end: 'crashed', why: crashed ?? `${failed?.request} was answered with its failure` };
      return { end: 'missed', recordings: [recording.name], elsewhere: news[0] };
    }
  }

  /** The one that showed it last before all others, then those of which the most is about its routes. */
  #recordingsOf({ name, routes }: Mutant): Recording[] {
    const seen = this.#seen[name];
    const rank = (recording: Recording) => (recording.name === seen ? 2 : share(recording, routes));
    const all = this.#recordings.filter((recording) => share(recording, routes) > 0);
    return all.toSorted((one, other) => rank(other) - rank(one));
  }

  #withoutFault(workshop: Workshop, recording: Recording): Promise<ReadonlySet<string>> {
    return shared(this.#unplanted, recording.name, async () => {
      const differences = await this.#differences(recording, await workshop.start());
      return new Set(differences.map(({ exchange, place }) => `${exchange} ${place}`));
    });
  }

  /** @param isEnough the rest is not asked any more */
  async #differences(
    recording: Recording,
    backend: ChildBackend,
    isEnough: (difference: Difference) => boolean = () => false,
  ): Promise<Difference[]> {
    const found: Difference[] = [];
    const enough = Promise.withResolvers<void>();
    const pairing = new Pairing(
      this.#asSuite(),
      recording,
      () => true,
      (compared) => {
        if (compared.pair !== 'legacy-new') return;
        found.push(...differencesIn(compared));
        if (found.some(isEnough)) enough.resolve();
      },
    );
    const replay = async () => {
      const legacy = await this.#answersOfLegacy(recording);
      for (const replayed of legacy.exchanges.values()) pairing.legacy(replayed);
      const ours = await against(
        this.#asSuite(),
        recording,
        backend,
        () => true,
        (each) => pairing.ours(each),
      );
      pairing.unexplained(legacy.unexplained, ours.unexplained);
    };
    const replayed = replay();
    // Once it is closed under it, the rest fails; where nothing was found, a failure is one.
    const over = replayed.then(
      () => undefined,
      (error: Error) => error,
    );
    try {
      const error = await Promise.race([over, enough.promise]);
      // A connection ends a moment before its process has.
      if (error) await Promise.race([backend.ended, delay(MOMENT)]);
      if (error && backend.crashed === undefined) throw error;
    } finally {
      await backend.close();
      await over;
    }
    return found;
  }

  #answersOfLegacy(recording: Recording): Promise<ReplayedRecording> {
    return shared(this.#legacy, recording.name, async () => {
      const backend = await this.#options.startLegacy(recording.state);
      try {
        return await against(
          this.#asSuite(),
          recording,
          backend,
          () => true,
          () => {},
        );
      } finally {
        await backend.close();
      }
    });
  }

  #asSuite(): SuiteOptions {
    const startNew = () =>
      Promise.reject(new Error('Copies of the new backend are started by the workshop.'));
    return { patience: PATIENCE, ...this.#options, startNew, recordings: [] };
  }
}

/** Of a recording's exchanges, those of these routes: 0 to 1. */
const share = ({ exchanges }: Recording, routes: readonly RouteKey[]): number =>
  exchanges.filter(({ route }) => routes.includes(route)).length / exchanges.length;

/** Two lanes that need the same share it. */
function shared<Value>(
  made: Map<string, Promise<Value>>,
  name: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const value = made.get(name) ?? make();
  made.set(name, value);
  return value;
}

type Difference = Caught & { failed: boolean; kind: string; route: RouteKey };

function differencesIn({
  recording,
  index,
  route,
  method,
  target,
  judgement,
  right,
}: Compared): Difference[] {
  const failed = right.status === 500 && Buffer.from(right.body).includes('The new backend failed');
  return judgement.differences.map(({ place, kind }) => ({
    recording,
    exchange: index + 1,
    request: `${method} ${target}`,
    route,
    place,
    kind,
    failed,
  }));
}

function shows({ shows: starts, on }: Mutant, { place, kind, route }: Difference): boolean {
  const shown = `${generalised(place)} ${kind}`;
  return (on?.includes(route) ?? true) && starts.some((start) => shown.startsWith(start));
}
