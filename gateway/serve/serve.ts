/** A request's way through the gateway: choose, send (by way of the journal, if there is one), respond. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { PathMatch } from '@banyan/route-table/match.ts';
import type { Answer, Application, RequestHead } from '../application.ts';
import type { BackendRequest, BackendResponse } from '../backends/backend.ts';
import { faultOf, reasonBehind } from '../backends/faults.ts';
import type { Continuity } from '../continuity/protocol/continuity.ts';
import type { Follower, Shadow } from '../continuity/shadow/shadow.ts';
import { hasBody } from '../edge/framing.ts';
import { type Forwarded, toBackend, toClient } from '../edge/headers.ts';
import type { FlagsInForce } from '../flags/model.ts';
import type { Answered } from '../guards/guard.ts';
import type { Logger } from '../log.ts';
import type { ExchangeTap, Recorder } from '../record/recorder.ts';
import type { Choose } from '../routing/choose.ts';
import { accessLog } from './access-log.ts';
import { ClientGone, type Exchange, isClientGone, type Outcome, type Row } from './exchange.ts';
import { asCatalogued, faultAnswer, isOpen } from './gateway-answer.ts';
import { beginRecording, tappedBody } from './recording.ts';
import { type Listener, respond } from './respond.ts';
import { traceOutcome } from './traced.ts';

export interface ServeOptions {
  /** What the gateway answers by itself: what is withheld from backends, and pages of its own. */
  ownAnswer(head: RequestHead): Answer | undefined;
  errorHeaders: Application['errorHeaders'];
  /** Read once a request: whatever changes meanwhile, the request is served whole by one version. */
  flags: { readonly current: FlagsInForce };
  choose: Choose;
  /** Finds the routes of a canonical path. */
  match: (path: string) => PathMatch | undefined;
  continuity: Continuity;
  /** Asks the other backend too, where the mode says so. */
  shadow: Shadow;
  forwarded: (incoming: IncomingMessage) => Forwarded;
  recorder?: Recorder;
  /** While the gateway stops, each answer is the last of its connection. */
  closing: { readonly now: boolean };
  /** Told of each answer that a client got, once it has it. */
  onAnswer?: (answered: Answered) => void;
  log: Logger;
}

export type Serve = (exchange: Exchange, row: Row) => Promise<void>;

/** @returns what takes an exchange to a backend and its answer to the client; never rejects */
export function createServe(options: ServeOptions): Serve {
  const logExchange = accessLog(options.log);
  return async (exchange, row) => {
    const { incoming, outgoing } = exchange;
    const head = headOf(exchange);
    const gone = new AbortController();
    const leave = () => gone.abort(new ClientGone());
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) leave();
    });
    // Before anybody else hears of a body that broke off: who sends it on would take it for the backend's fault.
    incoming.once('error', leave);
    const tap = options.recorder?.active ? beginRecording(options.recorder, exchange, row) : undefined;
    const body = bodyOf(incoming, tap);
    const outcome: Outcome = { backend: 'gateway' };
    try {
      const answer = await answerOf(exchange, row, head, body, gone.signal, outcome, options);
      tap?.response({ ...answer, rawHeaders: toClient(answer.rawHeaders), backend: outcome.backend });
      if (options.closing.now) outgoing.shouldKeepAlive = false;
      await respond(outgoing, answer, listenerOf(tap, outcome.follower)).catch((error: Error) => {
        throw outcome.backend === 'gateway' ? error : faultOf(error, outcome.backend);
      });
      tap?.end();
      outcome.follower?.end();
    } catch (error) {
      outcome.follower?.cancel();
      outcome.reason = reasonBehind(error);
      if (isClientGone(error, incoming)) {
        outcome.fault = 'client_gone';
        tap?.aborted('the client went away');
      } else outcome.fault = await answerFault(error, exchange, head, options, tap);
    }
    // What nobody wants any more is read all the same, so that the client comes to the answer.
    if (body && !body.readableEnded) body.resume();
    logExchange(exchange, row, outcome);
    traceOutcome(exchange, outcome);
    options.onAnswer?.(answered(exchange, row, outcome));
  };
}

async function answerOf(
  exchange: Exchange,
  row: Row,
  head: RequestHead,
  body: Readable | undefined,
  signal: AbortSignal,
  outcome: Outcome,
  options: ServeOptions,
): Promise<BackendResponse> {
  const own = options.ownAnswer(head);
  if (own) return own;
  const request = requestOf(exchange, row, head, body, options);
  const { current } = options.flags;
  const { target } = exchange;
  const choice = options.choose(current, row.key, target);
  const match = target.canonical ? options.match(target.path) : undefined;
  const asked = { key: row.key, target, match, request, ...choice, epoch: current.epoch };
  outcome.mode = choice.mode;
  outcome.follower = options.shadow.follow(asked);
  const handled = await options.continuity.answer(asked, signal);
  const { answer, backend = outcome.backend, known, held } = handled;
  Object.assign(outcome, { backend, known, held });
  if (!answer) throw handled.error;
  outcome.answeredAt = performance.now();
  if (outcome.backend === 'legacy') outcome.follower?.answered(answer);
  else outcome.follower?.cancel('moving');
  return answer;
}

function answered(exchange: Exchange, row: Row, outcome: Outcome): Answered {
  const { backend, fault, known, held, answeredAt = performance.now() } = outcome;
  const isGone = fault === 'client_gone' || fault === 'request_timeout';
  return {
    key: row.key,
    backend,
    fault,
    held,
    status: isGone ? undefined : exchange.outgoing.statusCode,
    milliseconds: answeredAt - exchange.startedAt,
    asked: () => ({
      params: known?.params ?? {},
      request: known?.request,
      parts: known?.parts,
      rawHeaders: exchange.incoming.rawHeaders,
      isBodyKnown: known !== undefined,
    }),
  };
}

/** Both are told, or the one that is there. */
function listenerOf(tap: ExchangeTap | undefined, follower: Follower | undefined): Listener | undefined {
  if (!tap || !follower) return tap ?? follower;
  return {
    responseBody(chunk) {
      tap.responseBody(chunk);
      follower.responseBody(chunk);
    },
  };
}

function headOf({ incoming, target }: Exchange): RequestHead {
  return { method: incoming.method ?? 'GET', target: target.raw, rawHeaders: incoming.rawHeaders };
}

function requestOf(
  exchange: Exchange,
  row: Row,
  head: RequestHead,
  body: Readable | undefined,
  options: ServeOptions,
): BackendRequest {
  const request: BackendRequest = {
    method: head.method,
    target: head.target,
    rawHeaders: toBackend(head.rawHeaders, options.forwarded(exchange.incoming)),
    deadline: row.longest,
    route: row.key,
    trace: exchange.trace,
  };
  if (body) request.body = body;
  return request;
}

function bodyOf(incoming: IncomingMessage, tap: ExchangeTap | undefined): Readable | undefined {
  if (!hasBody(incoming)) return undefined;
  return tap ? tappedBody(incoming, tap) : incoming;
}

/** Faults for which a body is not read to its end. */
const stopsReading: ReadonlySet<string> = new Set(['body_too_large', 'bodies_full', 'disk_full']);

/** Answers with the fault where that is still possible. @returns the fault's code */
async function answerFault(
  thrown: unknown,
  exchange: Exchange,
  head: RequestHead,
  options: ServeOptions,
  tap: ExchangeTap | undefined,
): Promise<string> {
  const fault = asCatalogued(thrown, exchange.id);
  if (fault.code === 'gateway_fault') options.log.error({ request: exchange.id, err: thrown }, fault.message);
  if (!isOpen(exchange.outgoing)) {
    tap?.aborted(fault.code);
    return fault.code;
  }
  const answer = faultAnswer(fault, options.errorHeaders(head));
  // The rest of the body may have no end; it is not read for the sake of the connection.
  if (stopsReading.has(fault.code)) exchange.outgoing.shouldKeepAlive = false;
  tap?.response({ ...answer, backend: 'gateway' });
  await respond(exchange.outgoing, answer, tap).catch(() => undefined);
  tap?.end();
  return fault.code;
}
