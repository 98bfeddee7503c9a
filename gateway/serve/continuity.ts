/**
 * The seam where the journal goes: between who is flagged to serve a request and who does. A write is written down before it
 * is sent, and its outcome before the client sees it. Without a journal the flagged backend serves, and its answer goes out
 * as it is.
 */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Backend, BackendRequest, BackendResponse } from '../backends/backend.ts';
import type { ShadowGround } from '../continuity/shadow/shadow.ts';
import type { Target } from '../edge/target.ts';
import type { ModeName } from '../flags/modes.ts';
import type { Outcome } from './exchange.ts';

export interface Asked {
  /** The row of the route table. */
  key: RouteKey;
  target: Target;
  request: BackendRequest;
  /** Who is to serve it. */
  flagged: BackendName;
  /** The mode of its flag. */
  mode: ModeName;
  /** The version of the flags that says so. */
  epoch: number;
}

export interface Continuity {
  shadowGround?: ShadowGround;
  /**
   * Takes a request to its answer.
   * @param outcome told who serves it, as soon as that is known, what is known of a write, and how long it was held
   * @throws BanyanError of the backend or of the journal
   */
  answer(
    asked: Asked,
    signal: AbortSignal,
    outcome: Pick<Outcome, 'backend' | 'known' | 'held'>,
  ): Promise<BackendResponse>;
}

export function withoutJournal(backends: Readonly<Record<BackendName, Backend>>): Continuity {
  return {
    answer: ({ flagged, request }, signal, outcome) => {
      outcome.backend = flagged;
      return backends[flagged].send(request, signal);
    },
  };
}
