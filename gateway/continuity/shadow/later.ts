/**
 * Reads that met a write in progress: what they read is compared a moment later, once nothing is being written to it and both
 * sides have all of it. Both backends are asked again then. Reads of the same client for the same thing share one comparison.
 * One at a time, with a pause, so that legacy gets no more than a few requests a second; bounded in how many wait and how long.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { traced } from '@banyan/operations/tracing/spans.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { readable } from '../answers/whole-answer.ts';
import type { Asked, Routed } from '../protocol/continuity.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import type { RowWatch, ShadowGround, Watch } from './ground.ts';
import { type Reporting, report } from './report.ts';
import { wholeUpTo } from './whole-up-to.ts';

export interface LaterOptions extends Reporting {
  ground: ShadowGround;
  /** Whether the route is still compared: what waits may have been flipped meanwhile. */
  isCompared: (route: RouteKey) => boolean;
  onAsked: (asked: { key: RouteKey; status: number; milliseconds: number }) => void;
  /** Milliseconds that one comparison may take. */
  longest: number;
  /** Bytes of either answer. */
  largest: number;
  /** Milliseconds that a read waits until what it reads is quiet; 0: it is not compared. */
  patience: number;
  /** How many different reads may wait. */
  most: number;
  /** Milliseconds from the end of one comparison to the next. */
  rest: number;
}

interface Waiting {
  asked: Asked;
  read: Routed;
  /** How many reads it stands for. */
  reads: number;
  /** `performance.now()` of the first. */
  since: number;
}

/** Milliseconds after which what waits is looked at even if nothing seems to have changed. */
const slowest = 250;
/** Milliseconds that changes are gathered for. */
const together = 10;

export class Later {
  readonly #options: LaterOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: LaterOptions) {
    this.#options = options;
  }

  /** Never throws. What cannot wait counts as not compared. */
  add(asked: Asked, read: Routed): void {
    const { most, patience, tally } = this.#options;
    const { method, target, rawHeaders } = asked.request;
    const name = JSON.stringify([method, target, rawHeaders]);
    const same = this.#waiting.get(name);
    if (same) same.reads += 1;
    // A read that calls the model could be paid twice.
    else if (patience <= 0 || this.#closing.signal.aborted || read.route.relay)
      tally.notCompared(asked.key, 'moving');
    else if (this.#waiting.size >= most) tally.notCompared(asked.key, 'busy');
    else this.#waiting.set(name, { asked, read, reads: 1, since: performance.now() });
    if (this.#waiting.size > 0) this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    for (let run = this.#running; run !== undefined; run = this.#running) await run;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
  }

  async #run(): Promise<void> {
    const { ground, rest } = this.#options;
    const { signal } = this.#closing;
    while (this.#waiting.size > 0 && !signal.aborted) {
      this.#giveUp(({ since }) => performance.now() - since > this.#options.patience);
      const isCompared = await this.#compareNext();
      if (!isCompared) await ground.change(slowest);
      // Many writes may end at once; all of them are looked at together.
      await pause(isCompared ? rest : together, undefined, { signal }).catch(() => undefined);
    }
    this.#giveUp(() => true);
  }

  #giveUp(isOver: (waiting: Waiting) => boolean): void {
    for (const [name, waiting] of this.#waiting) {
      if (!isOver(waiting) && this.#options.isCompared(waiting.asked.key)) continue;
      this.#waiting.delete(name);
      this.#options.tally.notCompared(waiting.asked.key, 'moving', waiting.reads);
    }
  }

  /** The longest waiting one whose data is quiet. @returns whether there was one */
  async #compareNext(): Promise<boolean> {
    const { ground } = this.#options;
    for (const [name, waiting] of this.#waiting) {
      const { read } = waiting;
      const isList = read.route.elements && waiting.asked.request.method === 'GET';
      const watch = isList ? ground.watchRows(read) : ground.watch(read);
      if (!watch) continue;
      this.#waiting.delete(name);
      const attributes = { 'banyan.route': waiting.asked.key };
      const isOver = await traced('shadow', { attributes }, () => this.#compare(waiting, watch));
      watch.end();
      // Last again: others come first.
      if (!isOver) this.#again(name, waiting);
      return true;
    }
    return false;
  }

  #again(name: string, waiting: Waiting): void {
    const reads = waiting.reads + (this.#waiting.get(name)?.reads ?? 0);
    this.#waiting.set(name, { ...waiting, reads });
  }

  /** @returns false where a write came between */
  async #compare({ asked, read, reads }: Waiting, watch: Watch | RowWatch): Promise<boolean> {
    const { ground, tally, log, longest } = this.#options;
    const { key, request } = asked;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(longest)]);
    const [legacy, fresh] = await Promise.allSettled([
      this.#ask('legacy', asked, read, signal),
      this.#ask('new', asked, read, signal),
    ]);
    if (watch.isDisturbed || this.#closing.signal.aborted) return false;
    if (legacy.status === 'rejected') tally.notCompared(key, 'broken off', reads);
    else if (fresh.status === 'rejected') {
      tally.of(key).failed += reads;
      log.warn({ route: key, err: fresh.reason }, 'new did not answer a read that legacy has answered');
    } else if (!legacy.value || !fresh.value) tally.notCompared(key, 'too large', reads);
    else {
      const { route } = read;
      const { method, target } = request;
      const isMoving = 'isMoving' in watch ? watch.isMoving : undefined;
      // Legacy's rows of what is being written, so that all the others are compared.
      const ours = isMoving ? ground.merged(route, fresh.value, legacy.value, isMoving) : fresh.value;
      report({ method, target, key, route, legacy: legacy.value, new: ours }, this.#options, reads);
    }
    return true;
  }

  async #ask(
    side: 'legacy' | 'new',
    { key, request }: Asked,
    read: Routed,
    signal: AbortSignal,
  ): Promise<StoredAnswer | undefined> {
    const { ground, largest, onAsked } = this.#options;
    const begun = performance.now();
    const answer = await ground.ask(side, read, request, signal);
    if (side === 'new') onAsked({ key, status: answer.status, milliseconds: performance.now() - begun });
    const raw = await wholeUpTo(answer, largest, signal);
    return raw && ground.shown(side, read.route, await readable(raw));
  }
}
