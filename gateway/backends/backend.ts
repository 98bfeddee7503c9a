/** What can serve a request. Everything outside of this folder knows nothing of which one runs. */
import type { Readable } from 'node:stream';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';

/**
 * What the gateway tells the new backend of a write beside the request, so that it is done once, and as the other backend
 * did it. Never from a client.
 */
export interface OperationHint {
  /** Under which it is done once: asked again, its answer is given again. */
  id: string;
  /** A replay: the answer that the client got, as JSON; undefined where it is not known. */
  answer?: unknown;
  /** A replay: the stored times of the entity that it changed, by the name of their member. */
  times?: Readonly<Record<string, string>>;
  /** A replay: the numbers that legacy shows of that entity, by the name of their member. */
  counts?: Readonly<Record<string, number>>;
  /** Legacy is given it afterwards, one write of an entity at a time. */
  isMirrored?: boolean;
}

/**
 * A request on its way to a backend: already made unambiguous, without hop-by-hop headers, with the gateway's own
 * forwarding headers.
 */
export interface BackendRequest {
  method: string;
  /** Path and query as the client sent them, in origin form. */
  target: string;
  /** Name, value, name, value, … in the client's order and case. */
  rawHeaders: readonly string[];
  /** Absent where the request has no body. */
  body?: Readable;
  /** How long the answer may take to start, in milliseconds; after that the work behind it is cancelled. */
  deadline: number;
  /** `answer`: the deadline covers the body too, as the reader shows a client nothing before it has all of it. */
  deadlineCovers?: 'head' | 'answer';
  /** Legacy is never told. */
  operation?: OperationHint;
  /** The row that it belongs to, for traces. */
  route?: RouteKey;
  /** The `traceparent` of who asks. */
  trace?: string | undefined;
}

/** An answer whose body may still be on its way. */
export interface BackendResponse {
  status: number;
  /** The reason phrase as sent. */
  reason: string;
  /** As sent, hop-by-hop headers included. */
  rawHeaders: readonly string[];
  body: Readable | Uint8Array;
  /** Present while the deadline still runs, which is where it covers the body. */
  deadline?: AnswerDeadline;
}

/** The deadline of a body that is still on its way. */
export interface AnswerDeadline {
  /** Grants the whole time again, from now. */
  refresh(): void;
  /** Ends the deadline: from now on a client sees the body as it comes. */
  end(): void;
}

export interface Backend {
  readonly name: BackendName;
  /**
   * Sends one request and resolves when the answer's head is there. Never writes to the client.
   * Aborting the signal cancels the request, before and after the head.
   * @throws BanyanError `backend_unreachable`, `backend_failed` or `backend_timeout`; the body throws the last one too, where
   * the deadline covers it.
   */
  send(request: BackendRequest, signal: AbortSignal): Promise<BackendResponse>;
  /** Closes idle connections; requests in flight are finished first. */
  close(): Promise<void>;
}
