/** A route's handler with what reads its input from the wire. */
import type { Handler, Operation, Result } from './handler.ts';
import { fileNameFault } from './wire/file-name.ts';
import { nothing, type Reader } from './wire/inputs.ts';
import type { BodyRequest } from './wire/json-body.ts';

export type Endpoint = (
  request: BodyRequest,
  params: Readonly<Record<string, string>>,
  operation: Operation,
) => Promise<Result>;

/** @returns what reads the input, calls the handler and lets go of the input */
export function reading<Param extends string, Input>(
  read: Reader<Input>,
  handler: Handler<Param, Input>,
): Endpoint {
  return async (request, params, operation) => {
    const body = await read(request);
    if ('fault' in body) return { status: body.fault.status, json: { error: body.fault.error } };
    try {
      return await handler({ params: params as Record<Param, string>, input: body.input }, operation);
    } finally {
      await body.release?.();
    }
  };
}

/** For handlers that need nothing but the path. */
export function plain<Param extends string>(handler: Handler<Param>): Endpoint {
  return reading(nothing, handler);
}

/** For handlers whose `chat_id` the legacy app makes a file's name of. */
export function named(handler: Handler<'chat_id'>): Endpoint {
  return plain<'chat_id'>((request, operation) => {
    const fault = fileNameFault(request.params.chat_id);
    return fault === undefined ? handler(request, operation) : { status: 500, json: { error: fault } };
  });
}
