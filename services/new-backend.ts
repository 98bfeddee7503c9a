/** The new backend: handlers behind the wire layer. */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { headerOf } from '@banyan/operations/http/headers.ts';
import { perform } from '@banyan/operations/operation.ts';
import { ANYTHING_ELSE, type RouteKey, type RouteTable } from '../contract/route-types.ts';
import { wallClock } from './clock.ts';
import type { Db } from './db/transaction.ts';
import type { WallTime } from './db/wall-time.ts';
import type { Endpoint } from './endpoint.ts';
import { endpointsOf, statefulRoutes } from './endpoints.ts';
import type { FileStore } from './files/file-store.ts';
import { isVoid, type Result } from './handler.ts';
import { health } from './health/health.ts';
import type { Internal } from './internal.ts';
import type { Dispatcher } from './queue/dispatcher.ts';
import { asLegacy, type Quirks } from './quirks.ts';
import type { Answerer } from './rag/answerer.ts';
import { jsonAnswer, keptAnswer, optionsAnswer, pageAnswer, type WireAnswer } from './wire/answers.ts';
import type { JsonStyle } from './wire/json.ts';
import { methodNotAllowed, notFound } from './wire/pages.ts';
import { createRouter } from './wire/route.ts';
import { redirectAnswer, refusalAnswer } from './wire/routing-answers.ts';
import { timestampOf } from './wire/time.ts';

/** What is behind the handlers, opened. */
export interface State {
  db: Db;
  files: FileStore;
  dispatcher: Dispatcher;
  answerer: Answerer;
  /** Closes all of it. */
  close(): Promise<void>;
}

export interface NewBackendOptions {
  table: RouteTable;
  /** Whether LlamaParse can be used. */
  llamaParse: boolean;
  /** Called once, when it is first needed; again where it failed. */
  openState: (clock: () => WallTime) => Promise<State>;
  /** As legacy has them unless told. */
  quirks?: Quirks;
  /** How JSON is laid out; `pretty` unless told, as legacy has debug on. */
  jsonStyle?: JsonStyle;
  /** Microseconds since the epoch. */
  now?: () => number;
  newId?: () => string;
  /** How long an upload waits for others that its limits depend on, in milliseconds; 10 s unless told. */
  uploadPatience?: number;
}

export interface NewBackendRequest {
  method: string;
  /** Path and query, origin form. */
  target: string;
  rawHeaders: readonly string[];
  body?: Readable;
  /** Never from a client. */
  internal?: Internal;
}

export interface NewBackend {
  /** The rows of the table that have a TypeScript replacement; no other may be flipped to `new`. */
  implements: ReadonlySet<RouteKey>;
  /** Opens what is behind it; without, the first request that needs it waits until that is done. */
  open(): Promise<State>;
  /** @param signal aborted when what was begun shall have no effect any more */
  handle(request: NewBackendRequest, signal: AbortSignal): Promise<WireAnswer>;
  /** Finished requests only: whoever calls them off waits for them first. */
  close(): Promise<void>;
}

/** The routes that answer without anything behind them. */
const stateless = 'GET /api/health';

/** Whether a row cannot be served before something is opened. */
export function needsState(key: RouteKey): boolean {
  return (statefulRoutes as readonly RouteKey[]).includes(key);
}

export function createNewBackend(options: NewBackendOptions): NewBackend {
  const {
    table,
    jsonStyle: style = 'pretty',
    quirks = asLegacy,
    now = wallClock(),
    newId = randomUUID,
  } = options;
  const timestamp = timestampOf(quirks);
  const wallTime = () => timestamp(now());
  const healthy = health(options);
  const route = createRouter(table);
  const opened = openedAtFirstUse(
    () => options.openState(wallTime),
    (state): Opened => {
      const { uploadPatience } = options;
      return { ...state, endpoints: endpointsOf({ ...state, quirks, uploadPatience }) };
    },
  );

  return {
    implements: new Set([stateless, ...statefulRoutes, ANYTHING_ELSE]),
    open: () => opened.get(),
    async handle(request, signal) {
      const host = headerOf(request.rawHeaders, 'host') ?? '';
      const routed = route(request.method, request.target, host);
      if (routed.found === 'nothing') return pageAnswer(request, notFound);
      if (routed.found === 'options') return optionsAnswer(request, routed.allow);
      if (routed.found === 'no-method') return pageAnswer(request, methodNotAllowed, routed.allow);
      if (routed.found === 'redirect') return redirectAnswer(request, routed.redirect);
      if (routed.found === 'refused') return refusalAnswer(request, routed.why, request.target);
      const { key } = routed.route;
      const { status, json, isKept } =
        key === stateless
          ? healthy(request, { now: wallTime })
          : await stateful(key, routed.params, request, signal);
      return (isKept ? keptAnswer : jsonAnswer)(request, status, json, style);
    },
    close: opened.close,
  };

  async function stateful(
    key: RouteKey,
    params: Record<string, string>,
    request: NewBackendRequest,
    signal: AbortSignal,
  ): Promise<Result> {
    const { db, dispatcher, endpoints } = await opened.get();
    const endpoint = (endpoints as Record<RouteKey, Endpoint | undefined>)[key];
    if (!endpoint) return { status: 501, json: { error: `${key} has no TypeScript yet` } };
    const { internal } = request;
    const result = await perform({ db, internal, signal, whenVoid: isVoid }, (operation) =>
      endpoint(request, params, { ...operation, now: wallTime, newId }),
    );
    if (result.dispatch) dispatcher.dispatch(result.dispatch);
    return result;
  }
}

type Opened = State & { endpoints: Readonly<Record<string, Endpoint>> };

/** Opens at the first use and not again, unless that failed. */
function openedAtFirstUse(open: () => Promise<State>, complete: (state: State) => Opened) {
  let opening: Promise<Opened> | undefined;
  return {
    get(): Promise<Opened> {
      opening ??= open()
        .then(complete)
        .catch((error: unknown) => {
          opening = undefined;
          throw error;
        });
      return opening;
    },
    async close(): Promise<void> {
      const state = await opening?.catch(() => undefined);
      opening = undefined;
      await state?.close();
    },
  };
}
