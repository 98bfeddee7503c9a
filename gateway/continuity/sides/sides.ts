/** Both backends as the journal sees them: requests and answers in public ids, answers read whole. */
import { filledPath } from '@banyan/route-table/fill.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import type { BackendName, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Backend, BackendResponse, OperationHint } from '../../backends/backend.ts';
import { BanyanError } from '../../errors.ts';
import { asDecoded, toBeRead, withLength } from '../answers/headers.ts';
import { whyNotJson } from '../answers/unreadable.ts';
import { decodedBody, readable, whole } from '../answers/whole-answer.ts';
import type { Bodies, Body } from '../bodies/bodies.ts';
import type { Names } from '../names/names.ts';
import type { StoredAnswer, StoredRequest } from '../protocol/entry.ts';
import { legacyBody, legacyTarget } from '../rewriting/legacy-request.ts';
import { publicLinks } from '../rewriting/links.ts';
import { clockRoute, sampleClock } from './clock-samples.ts';
import { LegacyClock } from './legacy-clock.ts';
import { passing, type Reading } from './passing.ts';
import { type Answers, answersIn, shown } from './shown.ts';
import { Sightings } from './sightings.ts';

export type { Answers } from './shown.ts';

export interface SidesOptions {
  table: RouteTable;
  backends: Readonly<Record<BackendName, Backend>>;
  names: Names;
  bodies: Bodies;
  /** What legacy's lists have shown; of its own unless told. */
  sightings?: Sightings;
}

export interface Sending {
  route: Route;
  params: Readonly<Record<string, string>>;
  request: StoredRequest;
  body: Body | undefined;
  /** For `new` alone. */
  operation?: OperationHint;
}

export class Sides {
  readonly #options: SidesOptions;
  readonly #match: ReturnType<typeof createMatch>;
  /** How far legacy's times are from the gateway's. */
  readonly clock = new LegacyClock();
  readonly sightings: Sightings;
  /** When requests to legacy were sent, by their answers. */
  readonly #began = new WeakMap<BackendResponse, number>();

  constructor(options: SidesOptions) {
    this.#options = options;
    this.#match = createMatch(options.table);
    this.sightings = options.sightings ?? new Sightings();
  }

  get names(): Names {
    return this.#options.names;
  }

  get table(): RouteTable {
    return this.#options.table;
  }

  /** @throws Error for a key that the table does not have */
  routeOf(key: RouteKey): Route {
    const route = this.#options.table.routes.find((candidate) => candidate.key === key);
    if (!route) throw new Error(`The route table has no route "${key}".`);
    return route;
  }

  /** Finds the routes of a canonical path. */
  get match(): ReturnType<typeof createMatch> {
    return this.#match;
  }

  /** Path parameters of a canonical target. */
  paramsOf(target: string): Record<string, string> {
    return this.#match(target.split('?', 1)[0] ?? '')?.params ?? {};
  }

  /** Sends a write and reads its whole answer. @throws BanyanError as `Backend.send`, also where the body breaks off */
  async send(side: BackendName, sending: Sending, signal: AbortSignal): Promise<Answers> {
    return this.answers(side, sending.route, await this.begin(side, sending, signal), signal);
  }

  /**
   * Sends a write, or whatever else the gateway reads the answer of. The deadline covers all of the answer.
   * @throws BanyanError as `Backend.send`
   */
  async begin(side: BackendName, sending: Sending, signal: AbortSignal): Promise<BackendResponse> {
    const { route, operation } = sending;
    const { request, body } = await this.#as(side, sending);
    const began = Date.now();
    const answer = await this.#options.backends[side].send(
      {
        ...request,
        rawHeaders: toBeRead(request.rawHeaders),
        ...(body && { body: this.#options.bodies.stream(body) }),
        ...(side === 'new' && operation && { operation }),
        deadline: route.longest,
        deadlineCovers: 'answer',
        route: route.key,
      },
      signal,
    );
    if (side === 'legacy') this.#began.set(answer, began);
    return answer;
  }

  /** Reads an answer to its end. @throws BanyanError where it breaks off or comes too late */
  async answers(
    side: BackendName,
    route: Route,
    answer: BackendResponse,
    signal?: AbortSignal,
  ): Promise<Answers> {
    const stored = await whole(side, answer, signal);
    const ended = Date.now();
    const answers = await this.answersIn(side, route, stored);
    const began = this.#began.get(answer);
    if (began !== undefined) sampleClock(this.clock, route, answers.raw, { began, ended });
    return answers;
  }

  /** Asks legacy for its time, if a route tells it and it was not told since. Never throws. @param since in milliseconds since 1970 */
  async readClock(since: number): Promise<void> {
    const route = clockRoute(this.#options.table);
    if (!route || this.clock.toldAt >= since) return;
    await this.read('legacy', route.key, {}).catch(() => undefined);
  }

  /** What a whole answer says. */
  async answersIn(side: BackendName, route: Route, answer: StoredAnswer): Promise<Answers> {
    const answers = answersIn(side, route, await readable(answer), this.names);
    return { ...answers, shown: this.linked(side, answers.shown) };
  }

  /** As `shown.ts` does it, with public ids in links too. */
  shown(side: BackendName, route: Route, raw: StoredAnswer): StoredAnswer {
    return this.linked(side, shown(side, route, raw, this.names));
  }

  /** As `passing.ts` does it, with public ids in links too. */
  async passing(answer: BackendResponse, reading: Reading): Promise<BackendResponse> {
    return this.linked(reading.side, await passing(answer, reading, this.names));
  }

  /** An answer with public ids where its headers point to routes. The same object where nothing has to be changed. */
  linked<Head extends Pick<StoredAnswer, 'rawHeaders'>>(side: BackendName, answer: Head): Head {
    if (side === 'new') return answer;
    const rawHeaders = publicLinks(answer.rawHeaders, this.#match, this.names.ids);
    return rawHeaders === answer.rawHeaders ? answer : { ...answer, rawHeaders };
  }

  /**
   * Asks a read route of the table, with a deadline of its own.
   * @throws BanyanError also where the answer cannot be read: that it shows nothing is then not known
   */
  async read(side: BackendName, key: RouteKey, params: Readonly<Record<string, string>>): Promise<Answers> {
    const route = this.routeOf(key);
    const target = filledPath(route.path, params);
    const request = { method: route.method, target, rawHeaders: ['Host', 'banyan', 'Accept', '*/*'] };
    const sending = { route, params, request, body: undefined };
    const answers = await this.send(side, sending, AbortSignal.timeout(route.longest));
    const { raw } = answers;
    const reason = answers.unreadable ?? (raw.status < 300 ? whyNotJson(raw) : undefined);
    if (reason !== undefined) throw new BanyanError('answer_unreadable', { backend: side, reason });
    return answers;
  }

  async #as(
    side: BackendName,
    { route, params, request, body }: Sending,
  ): Promise<Pick<Sending, 'request' | 'body'>> {
    if (side === 'new') return { request, body };
    const target = legacyTarget(route, params, request.target, this.names.ids);
    if (!body || 'file' in body) return { request: { ...request, target }, body };
    const bytes = legacyBody(route, body.bytes, this.names.ids);
    if (bytes !== body.bytes) {
      const rawHeaders = withLength(request.rawHeaders, bytes.byteLength);
      return { request: { ...request, target, rawHeaders }, body: { bytes } };
    }
    const namesSomething = route.ids.some(({ place }) => place.in === 'request');
    const plain = namesSomething ? await decodedBody(body.bytes, request.rawHeaders) : undefined;
    const renamed = plain && legacyBody(route, plain, this.names.ids);
    if (!renamed || renamed === plain) return { request: { ...request, target }, body };
    const rawHeaders = asDecoded(request.rawHeaders, renamed.byteLength);
    return { request: { ...request, target, rawHeaders }, body: { bytes: renamed } };
  }
}
