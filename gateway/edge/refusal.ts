/** What a client is told whose request is refused before it is a request of the application's. */
import type { Refusal, RefusalAnswer } from '@banyan/operations/connections/refuse.ts';
import { BanyanError } from '../errors.ts';
import { faultAnswer } from '../serve/gateway-answer.ts';

/** A refusal in the catalogue's words. */
export function refusalAnswer({ code, reason }: Refusal): RefusalAnswer {
  return faultAnswer(new BanyanError(code, { reason }), []);
}
