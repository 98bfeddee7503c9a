/** What a model's HTTP status means to a backend, where the model does not speak Gemini's format. */
import { BanyanError, type ErrorCode } from '../errors.ts';

const codes: Record<number, ErrorCode> = {
  400: 'model_refused_request',
  401: 'model_refused_key',
  402: 'model_exhausted',
  403: 'model_refused_key',
  404: 'model_not_found',
  408: 'model_timeout',
  413: 'model_refused_request',
  415: 'model_refused_request',
  422: 'model_refused_request',
  429: 'model_exhausted',
  500: 'model_failed',
  504: 'model_timeout',
};

/** @param reason One sentence of the model's own, or about it. */
export function faultOfStatus(status: number, reason: string): BanyanError {
  return new BanyanError(codes[status] ?? 'model_unavailable', { reason });
}
