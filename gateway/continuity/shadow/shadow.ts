/**
 * Mode `shadow`: a read is asked of `new` too, once the client has legacy's answer, and the two are compared. Never on the
 * client's path; bounded in how many at once, how long and how large. Nothing that happens here reaches a client.
 */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import { traced } from '@banyan/operations/tracing/spans.ts';
import type { Route, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Backend, BackendResponse } from '../../backends/backend.ts';
import type { Logger } from '../../log.ts';
import { toBeRead, uncoded } from '../answers/headers.ts';
import { readable } from '../answers/whole-answer.ts';
import { type Asked, routed } from '../protocol/continuity.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { roles } from '../protocol/roles.ts';
import { isRead } from '../rewriting/exchanges.ts';
import type { ShadowGround, Watch } from './ground.ts';
import { Later, type LaterOptions } from './later.ts';
import { report } from './report.ts';
import { type NotCompared, Tally } from './tally.ts';
import { wholeUpTo } from './whole-up-to.ts';

export interface ShadowOptions {
  newBackend: Backend;
  /** Where it is counted without a journal; one of its own unless told. */
  tally?: Tally | undefined;
  /** Without a journal answers are compared as they are. */
  ground?: ShadowGround | undefined;
  rules: readonly AcceptedRule[];
  log: Logger;
  /** Told how long it took until the head of `new`'s answer was there, in milliseconds. */
  onAsked?: (asked: { key: RouteKey; status: number; milliseconds: number }) => void;
  /** Of the reads, from 0 to 1; asked each time. */
  sample?: () => number;
  concurrency?: number;
  /** Milliseconds. */
  longest?: number;
  /** Bytes of either answer. */
  largest?: number;
  /** Of reads that met a write: how long they may wait to be compared, how many, and the pause between two. */
  later?: Partial<Pick<LaterOptions, 'patience' | 'most' | 'rest'>>;
  /** Whether a route is still compared. */
  isCompared?: (route: RouteKey) => boolean;
}

/** Follows one read; told what the client gets. */
export interface Follower {
  answered(answer: Pick<BackendResponse, 'status' | 'reason' | 'rawHeaders'>): void;
  responseBody(chunk: Uint8Array): void;
  end(): void;
  /** Nothing is asked. */
  cancel(why?: NotCompared): void;
}

export class Shadow {
  readonly tally: Tally;
  readonly #options: Required<Omit<ShadowOptions, 'ground' | 'tally' | 'later'>> &
    Pick<ShadowOptions, 'ground'>;
  /** Undefined without a journal: then nobody knows of writes. */
  readonly #later: Later | undefined;
  readonly #closing = new AbortController();
  readonly #asking = new Set<Promise<void>>();
  #following = 0;
  #credit = 0;

  constructor(options: ShadowOptions) {
    this.#options = {
      sample: () => 1,
      onAsked: () => {},
      isCompared: () => true,
      concurrency: 4,
      longest: 10_000,
      largest: 1024 * 1024,
      ...options,
    };
    this.tally = options.ground?.tally ?? options.tally ?? new Tally();
    const { ground, later } = options;
    const bounds = { patience: 60_000, most: 256, rest: 100, ...later };
    this.#later = ground && new Later({ ...this.#options, ground, tally: this.tally, ...bounds });
  }

  /** Begins to follow a read, before legacy is asked. @returns undefined where it is not to be compared */
  follow(asked: Asked): Follower | undefined {
    if (roles[asked.mode].read.compared !== 'asked' || asked.request.body) return undefined;
    const { method } = asked.request;
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const { key, match } = asked;
    const route = match?.routes.find((candidate) => candidate.method === 'GET');
    if (match && !route) return undefined;
    if (!this.#isSampled()) return this.#leave(key, 'not sampled');
    const { concurrency, ground } = this.#options;
    if (this.#following + this.#asking.size >= concurrency) return this.#leave(key, 'busy');
    const watch = ground && route ? ground.watch({ route, params: match?.params ?? {} }) : unwatched;
    if (!watch) return this.#compareLater(asked);
    this.#following += 1;
    return this.#follower(asked, route, watch);
  }

  /** Resolves once nothing is being asked. */
  async idle(): Promise<void> {
    while (this.#asking.size > 0) await Promise.all(this.#asking);
    await this.#later?.idle();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#later?.close();
    await this.idle();
  }

  #isSampled(): boolean {
    this.#credit += this.#options.sample();
    if (this.#credit < 1) return false;
    this.#credit = Math.min(this.#credit - 1, 1);
    return true;
  }

  #leave(key: string, why: NotCompared): undefined {
    this.tally.notCompared(key, why);
  }

  /** What it reads is being written: both backends are asked again once it is not. */
  #compareLater(asked: Asked): undefined {
    const read = this.#later && routed(asked);
    if (read) this.#later?.add(asked, read);
    else this.#leave(asked.key, 'moving');
  }

  #follower(asked: Asked, route: Route | undefined, watch: Watch): Follower {
    const chunks: Uint8Array[] = [];
    let length = 0;
    let head: Omit<StoredAnswer, 'body'> | undefined;
    let isOver = false;
    const leave = (why: NotCompared) => {
      if (isOver) return;
      isOver = true;
      this.#following -= 1;
      watch.end();
      if (why === 'moving') this.#compareLater(asked);
      else this.tally.notCompared(asked.key, why);
    };
    return {
      answered: ({ status, reason, rawHeaders }) => {
        head = { status, reason, rawHeaders };
      },
      responseBody: (chunk) => {
        length += chunk.byteLength;
        if (length > this.#options.largest) leave('too large');
        else if (!isOver) chunks.push(Uint8Array.from(chunk));
      },
      end: () => {
        if (isOver || !head) return leave('broken off');
        isOver = true;
        this.#following -= 1;
        const legacy = { ...head, body: Buffer.concat(chunks) };
        const attributes = { 'banyan.route': asked.key };
        const asking = traced('shadow', { attributes }, () => this.#ask(asked, route, legacy, watch)).finally(
          () => {
            watch.end();
            this.#asking.delete(asking);
          },
        );
        this.#asking.add(asking);
      },
      cancel: (why = 'broken off') => leave(why),
    };
  }

  async #ask(asked: Asked, route: Route | undefined, legacy: StoredAnswer, watch: Watch): Promise<void> {
    const { key, request } = asked;
    const { newBackend, ground, longest, largest, rules, log, onAsked } = this.#options;
    const begun = performance.now();
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(longest)]);
    try {
      const deadline = Math.min(longest, request.deadline);
      const { method, target } = request;
      // Asked as legacy was. Only the comparison reads this answer, so a content coding is of no use.
      const rawHeaders = route && isRead(route) ? toBeRead(request.rawHeaders) : uncoded(request.rawHeaders);
      const answer = await newBackend.send({ method, target, rawHeaders, deadline, route: key }, signal);
      onAsked({ key, status: answer.status, milliseconds: performance.now() - begun });
      const raw = await wholeUpTo(answer, largest, signal);
      if (!raw) return this.tally.notCompared(key, 'too large');
      if (watch.isDisturbed) return this.#compareLater(asked);
      const uncodedRaw = await readable(raw);
      const shown = ground && route ? ground.shown('new', route, uncodedRaw) : uncodedRaw;
      // A client may have asked for a coding where nothing in the answer is exchanged.
      const seen = await readable(legacy);
      const two = { legacy: seen, new: shown };
      report({ method, key, target, route, ...two }, { tally: this.tally, rules, log });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.tally.of(key).failed += 1;
      log.warn({ route: key, err: error }, 'new did not answer a read that legacy has answered');
    }
  }
}

const unwatched: Watch = { isDisturbed: false, end: () => {} };
