/** Gemini's errors. */
import type { BanyanError } from '../../errors.ts';
import { jsonBytes } from './answer.ts';

/** Google's canonical code of an HTTP status (google.rpc.Code). */
const statusNames: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** What Gemini puts beside a refused key, by which SDKs tell it from other faults of a request. */
const keyInvalidDetails = [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  },
];

/** A fault as Gemini puts it; a streamed call without `alt=sse` gets it inside its array. */
export function errorBytes(error: BanyanError, inArray: boolean): Uint8Array {
  const body = {
    error: {
      code: error.status,
      message: error.message,
      status: statusNames[error.status] ?? 'UNKNOWN',
      ...(error.code === 'relay_key_invalid' && { details: keyInvalidDetails }),
    },
  };
  return jsonBytes(inArray ? [body] : body);
}
