/** One request with its answer, as it passes through the gateway. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Known } from '../continuity/protocol/keys.ts';
import type { ModeName } from '../continuity/protocol/modes.ts';
import type { Follower } from '../continuity/shadow/shadow.ts';
import type { Target } from '../edge/target.ts';

export interface Exchange {
  /** Unique in this process; shown to the client when the gateway fails, and in the log. */
  id: string;
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  target: Target;
  /** `performance.now()` at its start. */
  startedAt: number;
  /** Its `traceparent`, for backends. */
  trace?: string | undefined;
}

/** The row of the route table that an exchange belongs to. */
export interface Row {
  key: RouteKey;
  longest: number;
}

/** How an exchange ended, for the log. */
export interface Outcome {
  backend: BackendName | 'gateway';
  /** Of its flag; unknown of what the gateway answers itself. */
  mode?: ModeName;
  /** An error of the catalogue, or that the client went away. */
  fault?: string;
  /** Why a backend could not be used. */
  reason?: string | undefined;
  /** Compares a read's answer with the other backend's, once the client has it. */
  follower?: Follower | undefined;
  /** What is known of the request where its body was read before it was sent. */
  known?: Known | undefined;
  /** With a journal: how long it waited until a side could have it, in milliseconds; 0 for most. */
  held?: number | undefined;
  /** `performance.now()` when the head of the answer was there. */
  answeredAt?: number;
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
