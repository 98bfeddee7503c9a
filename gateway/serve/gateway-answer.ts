/** Answers that the gateway gives itself. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { BackendResponse } from '../backends/backend.ts';
import { BanyanError } from '../errors.ts';

/** A fault as an answer: the catalogue's status, and JSON with the error's text, code and details. */
export function faultAnswer(
  error: BanyanError,
  headers: readonly string[],
): BackendResponse & { body: Uint8Array } {
  const body = Buffer.from(`${JSON.stringify(error.toBody())}\n`);
  return {
    status: error.status,
    reason: STATUS_CODES[error.status] ?? '',
    rawHeaders: ['Content-Type', 'application/json', 'Content-Length', String(body.byteLength), ...headers],
    body,
  };
}

/** What went wrong, in the catalogue's words; what the catalogue does not know is the gateway's own fault. */
export function asCatalogued(error: unknown, exchangeId: string): BanyanError {
  return error instanceof BanyanError
    ? error
    : new BanyanError('gateway_fault', { request: exchangeId }, error);
}

/** Whether an answer can still be given. */
export function isOpen(outgoing: ServerResponse): boolean {
  return !outgoing.headersSent && !outgoing.destroyed;
}
