/** Both backends as the journal sees them: asked and answering in public ids, whole answers, whoever it is. */
import { createMatch } from '../../../contract/match.ts';
import type { BackendName, Route, RouteKey, RouteTable } from '../../../contract/route-table.ts';
import type { Backend, BackendResponse, OperationHint } from '../../backends/backend.ts';
import type { Bodies, Body } from '../bodies/bodies.ts';
import { legacyBody, legacyTarget } from '../ids/legacy-request.ts';
import type { StoredAnswer, StoredRequest } from '../journal/entries.ts';
import { canBeStreamed, exchangesOf, type Names, needsRewriting } from '../json/exchanges.ts';
import { publicBody } from '../json/public-answer.ts';
import { publicStream } from '../json/stream-public-answer.ts';
import { isJson, withLength } from './headers.ts';

export interface SidesOptions {
  table: RouteTable;
  backends: Readonly<Record<BackendName, Backend>>;
  names: Names;
  bodies: Bodies;
}

/** An answer as clients know it, and as the backend gave it. */
export interface Answers {
  shown: StoredAnswer;
  raw: StoredAnswer;
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

  constructor(options: SidesOptions) {
    this.#options = options;
    this.#match = createMatch(options.table);
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
    const { route, operation } = sending;
    const { request, body } = this.#as(side, sending);
    const answer = await this.#options.backends[side].send(
      {
        ...request,
        ...(body && { body: this.#options.bodies.stream(body) }),
        ...(side === 'new' && operation && { operation }),
        deadline: route.longest,
        route: route.key,
      },
      signal,
    );
    const raw = await whole(answer);
    return { raw, shown: this.shown(side, route, raw) };
  }

  /** A whole answer in public ids and times. The same object where nothing has to be changed. */
  shown(side: BackendName, route: Route, raw: StoredAnswer): StoredAnswer {
    if (!needsRewriting(side, route, this.names)) return raw;
    const body = publicBody(side, route, raw.body, this.names);
    return body === raw.body
      ? raw
      : { ...raw, body, rawHeaders: withLength(raw.rawHeaders, body.byteLength) };
  }

  /** A read's answer in public ids and times, while it comes where that can be, and otherwise once all of it is there. */
  async passing(side: BackendName, route: Route, answer: BackendResponse): Promise<BackendResponse> {
    const { body, rawHeaders } = answer;
    if (!needsRewriting(side, route, this.names)) return answer;
    return body instanceof Uint8Array || !isJson(rawHeaders) || !canBeStreamed(side, route, this.names)
      ? this.shown(side, route, await whole(answer))
      : { ...answer, body: publicStream(body, exchangesOf(side, route, this.names)) };
  }

  /** Asks a read route of the table, with a deadline of its own. */
  async read(side: BackendName, key: RouteKey, params: Readonly<Record<string, string>>): Promise<Answers> {
    const route = this.routeOf(key);
    const target = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const request = { method: route.method, target, rawHeaders: ['Host', 'banyan', 'Accept', '*/*'] };
    return this.send(side, { route, params, request, body: undefined }, AbortSignal.timeout(route.longest));
  }

  #as(side: BackendName, { route, params, request, body }: Sending): Pick<Sending, 'request' | 'body'> {
    if (side === 'new') return { request, body };
    const target = legacyTarget(route, params, request.target, this.names.ids);
    if (!body || 'file' in body) return { request: { ...request, target }, body };
    const bytes = legacyBody(route, body.bytes, this.names.ids);
    if (bytes === body.bytes) return { request: { ...request, target }, body };
    const rawHeaders = withLength(request.rawHeaders, bytes.byteLength);
    return { request: { ...request, target, rawHeaders }, body: { bytes } };
  }
}

/** Reads an answer's body to its end. @throws the body's error where it breaks off */
export async function whole({ status, reason, rawHeaders, body }: BackendResponse): Promise<StoredAnswer> {
  if (body instanceof Uint8Array) return { status, reason, rawHeaders, body };
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk as Uint8Array);
  return { status, reason, rawHeaders, body: Buffer.concat(chunks) };
}
