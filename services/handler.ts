/**
 * What a handler is. It gets everything that is not in the request from the operation, so that a replay can fix it: no
 * clock, no ids of its own.
 */
import type { Json } from './wire/json.ts';

export interface Operation {
  /** Microseconds since the epoch, taken anew at each call. */
  now(): number;
}

export interface ServiceRequest {
  /** Path parameters, decoded. */
  params: Readonly<Record<string, string>>;
}

export interface Result {
  status: number;
  json: Json;
}

export type Handler = (request: ServiceRequest, operation: Operation) => Result | Promise<Result>;
