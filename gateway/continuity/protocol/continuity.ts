/**
 * The seam between the flag's choice of a backend and the backend that serves. With a journal, a write is written down before it
 * is sent, and its outcome before the client sees it. Without a journal the flagged backend serves, and its answer goes out as it
 * is.
 */
import type { PathMatch } from '@banyan/route-table/match.ts';
import type { BackendName, Route, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Backend, BackendRequest, BackendResponse } from '../../backends/backend.ts';
import type { Target } from '../../edge/target.ts';
import type { Known } from './keys.ts';
import type { ModeName } from './modes.ts';

/** A request of a client, with what the gateway knows of it. */
export interface Asked {
  /** The row of the route table. */
  key: RouteKey;
  target: Target;
  /** The routes of its path; undefined where the path is not canonical, or no route's. */
  match: PathMatch | undefined;
  request: BackendRequest;
  /** The backend that the flag names. */
  flagged: BackendName;
  /** The mode of its flag. */
  mode: ModeName;
  /** The version of the flags that says so. */
  epoch: number;
}

/** The route that a request asks, with its path parameters. */
export interface Routed {
  route: Route;
  params: Readonly<Record<string, string>>;
}

/** HEAD asks what GET does. A method that the path has no route for touches nothing: undefined. */
export function routed({ request, target, match }: Asked): Routed | undefined {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = target.canonical ? match?.routes.find((candidate) => candidate.method === method) : undefined;
  return route && match ? { route, params: match.params } : undefined;
}

/** What is known of a request once it is answered, or cannot be. */
export interface Handling {
  /** Undefined where no backend was chosen. */
  backend?: BackendName;
  /** What the request says; known of a write, whose body is read before it is sent. */
  known?: Known;
  /** With a journal: how long it waited until a side could have it, in milliseconds; 0 for most. */
  held?: number;
  /** The backend may lack something of what is read that clients know of: no side has all of it. */
  lacksSome?: boolean;
}

/** What became of a request. `error`: a `BanyanError` of the backend or of the journal, or the reason of the signal. */
export type Handled = Handling & (WithAnswer | { answer?: undefined; error: unknown });

interface WithAnswer {
  answer: BackendResponse;
}

export interface Continuity {
  /** Takes a request to its answer. Never rejects. */
  answer(asked: Asked, signal: AbortSignal): Promise<Handled>;
}

export function withoutJournal(backends: Readonly<Record<BackendName, Backend>>): Continuity {
  return {
    answer: ({ flagged, request }, signal) =>
      handled({ backend: flagged }, () => backends[flagged].send(request, signal)),
  };
}

/** Does what takes a request of which this much is known to its answer. */
export async function handled(known: Handling, work: () => Promise<BackendResponse>): Promise<Handled> {
  try {
    return { ...known, answer: await work() };
  } catch (error) {
    return { ...known, error };
  }
}
