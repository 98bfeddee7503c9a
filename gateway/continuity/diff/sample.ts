/**
 * Compares some keys in a minute, all the time, while little is going on: a change that no journal entry explains is found without
 * anybody asking. A lap begins with the lists, whose rows are compared at once, and goes through the entities in no order.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type ComparisonOptions, compareKey, type Entity } from '../comparison/compare-key.ts';
import { compareList } from '../comparison/compare-list.ts';
import type { Comparison } from '../comparison/outcome.ts';
import { keyOf, listKey } from '../protocol/keys.ts';

export interface SampleOptions {
  comparing: ComparisonOptions;
  /** The kinds to compare, asked for each lap. */
  kinds(): readonly string[];
  /** Keys in a minute; 0: none. */
  perMinute: number;
  /** The lists are read again after so many milliseconds, whether or not the lap has ended. */
  longestLap?: number;
  /** Whether something else needs the backends now. */
  isBusy(): boolean;
  /** @param part what of the key was looked at */
  found(key: string, part: 'rows' | 'reads', comparison: Comparison): void;
}

/** Before a difference counts it has to be there again after so long: at worst a list was read between two of its changes. */
const secondLook = 2000;

export class Sample {
  readonly #options: SampleOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: SampleOptions) {
    this.#options = options;
    this.#running = options.perMinute > 0 ? this.#run().catch(() => undefined) : Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { perMinute, longestLap = 10 * 60_000 } = this.#options;
    const gap = 60_000 / perMinute;
    for (;;) {
      const end = performance.now() + longestLap;
      await this.#turn(gap);
      const entities = shuffled(await this.lists());
      for (const entity of entities) {
        if (performance.now() > end) break;
        await this.#turn(gap);
        await this.entity(entity);
      }
    }
  }

  async #turn(gap: number): Promise<void> {
    const { signal } = this.#closing;
    do await pause(gap, undefined, { signal, ref: false });
    while (this.#options.isBusy());
  }

  /** Compares the lists. @returns the entities that they have */
  async lists(): Promise<Entity[]> {
    const { comparing, kinds } = this.#options;
    const entities: Entity[] = [];
    for (const kind of kinds()) {
      let { rows, list } = await compareList(kind, comparing);
      if ([list, ...[...rows.values()].map(({ comparison }) => comparison)].some(isDifferent)) {
        await pause(secondLook, undefined, { signal: this.#closing.signal });
        ({ rows, list } = await compareList(kind, comparing));
      }
      this.#options.found(listKey(kind), 'rows', list);
      for (const [key, { comparison, id }] of rows) {
        this.#options.found(key, 'rows', comparison);
        entities.push({ kind, id });
      }
    }
    return entities;
  }

  /** Compares what the reads of an entity show. */
  async entity(entity: Entity): Promise<void> {
    const { comparing, found } = this.#options;
    let comparison = await compareKey(entity, comparing);
    if (isDifferent(comparison)) {
      await pause(secondLook, undefined, { signal: this.#closing.signal });
      comparison = await compareKey(entity, comparing);
    }
    found(keyOf(entity.kind, entity.id), 'reads', comparison);
  }
}

const isDifferent = ({ outcome }: Comparison) => outcome === 'different';

function shuffled<Each>(all: readonly Each[]): Each[] {
  return all
    .map((each) => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}
