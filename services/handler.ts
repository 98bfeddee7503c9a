/**
 * What a handler is. It gets everything that is not in the request from the operation, so that a replay can fix it: no
 * clock, no ids of its own.
 */
import type { Operation as OperationOf } from '@banyan/operations/operation.ts';
import type { Database } from './db/schema.ts';
import type { WallTime } from './db/wall-time.ts';
import type { Dispatch } from './jobs/store.ts';
import type { Json } from './wire/json.ts';

/** What was decided elsewhere: by the backend that served the request first. */
export interface Presets {
  /** Of the chat or the job that is made. */
  id?: string;
  title?: string;
  createdAt?: WallTime;
  updatedAt?: WallTime;
  startedAt?: WallTime;
  /** How many turns the other backend has answered that the chat has. */
  answeredCount?: number;
  /** As the list of chats shows it: legacy's races may lose some. */
  messageCount?: number;
  /** The other backend took the upload: limits are not looked at again. */
  accepted?: boolean;
  /**
   * The other backend is given the write afterwards, one write of a chat at a time: it must be able to decide then as is decided
   * here.
   */
  isMirrored?: boolean;
}

export interface Operation extends OperationOf<Database, Presets, Result> {
  /** The present as clients are shown it, taken anew at each call. */
  now(): WallTime;
  /** A uuid, another one at each call. */
  newId(): string;
}

export interface ServiceRequest<Param extends string = never, Input = undefined> {
  /** Path parameters, decoded. */
  params: Readonly<Record<Param, string>>;
  /** What was read from the body. */
  input: Input;
}

export interface Result {
  status: number;
  json: Json;
  /** The same `json` is given again until it changes, so that it is worth keeping how it is written. */
  isKept?: boolean;
  /** What is told to the workers once the unit of work is committed. */
  dispatch?: Dispatch;
}

export type Handler<Param extends string = never, Input = undefined> = (
  request: ServiceRequest<Param, Input>,
  operation: Operation,
) => Result | Promise<Result>;

/** An answer of the application's own that says what is wrong. */
export function failure(status: number, error: string): Result {
  return { status, json: { error } };
}

/** The operation was given up: it has had no effect and never will. */
export const isVoid: Result = failure(409, 'The operation was made void');
