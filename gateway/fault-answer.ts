/** A fault of the catalogue as an answer, for every server that the gateway opens. */
import { STATUS_CODES } from 'node:http';
import type { Refusal, RefusalAnswer } from '@banyan/operations/connections/refuse.ts';
import { BanyanError } from './errors.ts';

/** The catalogue's status, and JSON with the error's text, code and details. */
export function faultAnswer(error: BanyanError, headers: readonly string[]): RefusalAnswer {
  const body = Buffer.from(`${JSON.stringify(error.toBody())}\n`);
  return {
    status: error.status,
    reason: STATUS_CODES[error.status] ?? '',
    rawHeaders: ['Content-Type', 'application/json', 'Content-Length', String(body.byteLength), ...headers],
    body,
  };
}

/** The answer to a request that is refused before the gateway knows what it asks for. */
export function refusalAnswer({ code, reason }: Refusal): RefusalAnswer {
  return faultAnswer(new BanyanError(code, { reason }), []);
}
