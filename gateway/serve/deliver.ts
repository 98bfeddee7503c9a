/** From an answer, or an error in its place, to the client. */
import type { ServerResponse } from 'node:http';
import type { Application, RequestHead } from '../application.ts';
import { faultOf, reasonBehind } from '../backends/faults.ts';
import type { Follower } from '../continuity/shadow/shadow.ts';
import { toClient } from '../edge/headers.ts';
import { BanyanError } from '../errors.ts';
import { faultAnswer } from '../fault-answer.ts';
import type { Logger } from '../log.ts';
import type { ExchangeTap } from '../record/tap.ts';
import type { Reply } from './ask.ts';
import { type Exchange, isClientGone, type Outcome } from './exchange.ts';
import { type Listener, respond } from './respond.ts';

export interface DeliverOptions {
  errorHeaders: Application['errorHeaders'];
  /** While the gateway stops, each answer is the last of its connection. */
  closing: { readonly now: boolean };
  log: Logger;
}

/** What went wrong, if anything did. */
export type Ending = Pick<Outcome, 'fault' | 'reason'>;

/** Resolves once the client has the answer, or cannot get it. Never rejects. */
export async function deliver(
  reply: Reply,
  exchange: Exchange,
  head: RequestHead,
  tap: ExchangeTap | undefined,
  options: DeliverOptions,
): Promise<Ending> {
  try {
    if (!reply.answer) throw reply.error;
    await pass(reply.answer, reply, exchange, tap, options);
    return {};
  } catch (error) {
    reply.follower?.cancel();
    const reason = reasonBehind(error);
    if (!isClientGone(error, exchange.incoming))
      return { reason, fault: await answerFault(error, exchange, head, options, tap) };
    tap?.aborted('the client went away');
    return { reason, fault: 'client_gone' };
  }
}

/** @throws ClientGone, or what broke the answer off */
async function pass(
  answer: NonNullable<Reply['answer']>,
  { backend, follower }: Reply,
  { outgoing }: Exchange,
  tap: ExchangeTap | undefined,
  { closing }: DeliverOptions,
): Promise<void> {
  tap?.response({ ...answer, rawHeaders: toClient(answer.rawHeaders), backend });
  if (closing.now) outgoing.shouldKeepAlive = false;
  await respond(outgoing, answer, listenerOf(tap, follower)).catch((error: Error) => {
    throw backend === 'gateway' ? error : faultOf(error, backend);
  });
  tap?.end();
  follower?.end();
}

/** Tells the recorder's tap and the shadow's follower of each chunk, as far as they are there. */
function listenerOf(tap: ExchangeTap | undefined, follower: Follower | undefined): Listener | undefined {
  if (!tap || !follower) return tap ?? follower;
  return {
    responseBody(chunk) {
      tap.responseBody(chunk);
      follower.responseBody(chunk);
    },
  };
}

/** Faults for which a body is not read to its end. */
const stopsReading: ReadonlySet<string> = new Set(['body_too_large', 'bodies_full', 'disk_full']);

/** Answers with the fault where that is still possible. @returns the fault's code */
async function answerFault(
  thrown: unknown,
  { id, outgoing }: Exchange,
  head: RequestHead,
  { errorHeaders, log }: DeliverOptions,
  tap: ExchangeTap | undefined,
): Promise<string> {
  const fault = asCatalogued(thrown, id);
  if (fault.code === 'gateway_fault') log.error({ request: id, err: thrown }, fault.message);
  if (!isOpen(outgoing)) {
    tap?.aborted(fault.code);
    return fault.code;
  }
  const answer = faultAnswer(fault, errorHeaders(head));
  // The rest of the body may have no end; it is not read for the sake of the connection.
  if (stopsReading.has(fault.code)) outgoing.shouldKeepAlive = false;
  tap?.response({ ...answer, backend: 'gateway' });
  await respond(outgoing, answer, tap).catch(() => undefined);
  tap?.end();
  return fault.code;
}

/** What went wrong, in the catalogue's words; what the catalogue does not know is the gateway's own fault. */
function asCatalogued(error: unknown, exchangeId: string): BanyanError {
  return error instanceof BanyanError
    ? error
    : new BanyanError('gateway_fault', { request: exchangeId }, error);
}

/** Whether an answer can still be given. */
function isOpen(outgoing: ServerResponse): boolean {
  return !outgoing.headersSent && !outgoing.destroyed;
}
