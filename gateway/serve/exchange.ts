/** One request with its answer, as it passes through the gateway. */
import type { IncomingMessage } from 'node:http';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Handling } from '../continuity/protocol/continuity.ts';
import type { ModeName } from '../continuity/protocol/modes.ts';
import type { Routed } from '../routing/router.ts';

export interface Exchange extends Routed {
  /** Unique in this process; shown to the client when the gateway fails, and in the log. */
  id: string;
  /** `performance.now()` at its start. */
  startedAt: number;
  /** Its `traceparent`, for backends. */
  trace?: string | undefined;
}

/** Takes an exchange to a backend and its answer to the client. Never rejects. */
export type Serve = (exchange: Exchange) => Promise<void>;

/** How an exchange ended, for the log. */
export interface Outcome {
  backend: BackendName | 'gateway';
  /** Of its flag; unknown of what the gateway answers itself. */
  mode: ModeName | undefined;
  /** What is known of the request if its body was read before it was sent. */
  known: Handling['known'] | undefined;
  /** With a journal: how long it waited until a side could have it, in milliseconds; 0 for most. */
  held: number | undefined;
  /** The backend may lack something of what it was asked for. */
  lacksSome: boolean | undefined;
  /** `performance.now()` when the head of a backend's answer was there. */
  answeredAt: number | undefined;
  /** An error of the catalogue, or that the client went away. */
  fault?: string;
  /** Why a backend could not be used. */
  reason?: string | undefined;
}

/** Begins an exchange with each request that has its row. */
export function beginExchanges(serve: Serve): (routed: Routed) => Promise<void> {
  const idOfNext = requestIds();
  return ({ incoming, outgoing, target, row, match }) =>
    serve({ id: idOfNext(), incoming, outgoing, target, row, match, startedAt: performance.now() });
}

/** Short ids, unique among the processes of a day. */
function requestIds(): () => string {
  const process = Date.now().toString(36).slice(-6);
  let count = 0;
  return () => `${process}-${(++count).toString(36)}`;
}

/** Whether all that went wrong is that the client closed its connection, also in the middle of its request. */
export function isClientGone(error: unknown, { errored }: IncomingMessage): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ClientGone || cause === errored) return true;
    // Whoever begins to read a stream that is over already gets this in place of the stream's own error.
    if (errored && 'code' in cause && cause.code === 'ERR_STREAM_PREMATURE_CLOSE') return true;
  }
  return false;
}

/** The client closed its connection: the reason of the abort that cancels the work for it. */
export class ClientGone extends Error {
  constructor() {
    super('The client went away');
    this.name = 'AbortError';
  }
}
