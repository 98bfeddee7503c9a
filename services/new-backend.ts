/** The new backend: handlers behind the wire layer. */
import type { Readable } from 'node:stream';
import { ANYTHING_ELSE, type RouteKey, type RouteTable } from '../contract/route-table.ts';
import { wallClock } from './clock.ts';
import type { Handler, Operation } from './handler.ts';
import { health } from './health/health.ts';
import { jsonAnswer, optionsAnswer, pageAnswer, type WireAnswer } from './wire/answers.ts';
import { createDispatch } from './wire/dispatch.ts';
import type { JsonStyle } from './wire/json.ts';
import { methodNotAllowed, notFound } from './wire/pages.ts';

export interface NewBackendOptions {
  table: RouteTable;
  /** Whether LlamaParse can be used. */
  llamaParse: boolean;
  /** How JSON is laid out; `pretty` unless told, as legacy has debug on. */
  jsonStyle?: JsonStyle;
  /** Microseconds since the epoch. */
  now?: () => number;
}

export interface NewBackendRequest {
  method: string;
  /** Path and query, origin form. */
  target: string;
  rawHeaders: readonly string[];
  body?: Readable;
}

export interface NewBackend {
  /** The rows of the table that have a TypeScript replacement; no other may be flipped to `new`. */
  implements: ReadonlySet<RouteKey>;
  handle(request: NewBackendRequest): Promise<WireAnswer>;
}

export function createNewBackend(options: NewBackendOptions): NewBackend {
  const style = options.jsonStyle ?? 'pretty';
  const operation: Operation = { now: options.now ?? wallClock() };
  const handlers = new Map<RouteKey, Handler>([['GET /api/health', health(options)]]);
  const dispatch = createDispatch(options.table);

  return {
    implements: new Set([...handlers.keys(), ANYTHING_ELSE]),
    async handle(request) {
      const [path = ''] = request.target.split('?', 1);
      const match = dispatch(request.method, path);
      if (match.found === 'nothing') return pageAnswer(request, notFound);
      if (match.found === 'options') return optionsAnswer(request, match.allow);
      if (match.found === 'no-method') return pageAnswer(request, methodNotAllowed, match.allow);
      const handler = handlers.get(match.route.key);
      if (!handler)
        return jsonAnswer(request, 501, { error: `${match.route.key} has no TypeScript yet` }, style);
      const { status, json } = await handler({ params: match.params }, operation);
      return jsonAnswer(request, status, json, style);
    },
  };
}
