/** A request's way through the gateway: an answer is found, by way of the journal if there is one, and goes to the client. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { hasBody } from '../edge/framing.ts';
import type { Answered } from '../guards/guard.ts';
import type { Logger } from '../log.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ExchangeTap } from '../record/tap.ts';
import { accessLog } from './access-log.ts';
import { type AskOptions, ask, headOf } from './ask.ts';
import { type DeliverOptions, deliver } from './deliver.ts';
import { ClientGone, type Exchange, type Outcome, type Serve } from './exchange.ts';
import { beginRecording, tappedBody } from './recording.ts';
import { traceOutcome } from './traced.ts';

export interface ServeOptions extends AskOptions, DeliverOptions {
  recorder?: Recorder;
  /** Told of each answer that a client got, once it has it. */
  onAnswer?: (answered: Answered) => void;
  log: Logger;
}

export function createServe(options: ServeOptions): Serve {
  const logExchange = accessLog(options.log);
  return async (exchange) => {
    const head = headOf(exchange);
    const gone = whenClientGoes(exchange);
    const tap = options.recorder?.active ? beginRecording(options.recorder, exchange) : undefined;
    const body = bodyOf(exchange.incoming, tap);
    const reply = await ask(exchange, head, body, gone, options);
    const ending = await deliver(reply, exchange, head, tap, options);
    // What nobody wants any more is read all the same, so that the client comes to the answer.
    if (body && !body.readableEnded) body.resume();
    const { backend, mode, known, held, lacksSome, answeredAt } = reply;
    const outcome: Outcome = { backend, mode, known, held, lacksSome, answeredAt, ...ending };
    logExchange(exchange, outcome);
    traceOutcome(exchange, outcome);
    options.onAnswer?.(answered(exchange, outcome));
  };
}

/** Aborted with `ClientGone` once nobody waits for the answer any more. */
function whenClientGoes({ incoming, outgoing }: Exchange): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort(new ClientGone());
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) leave();
  });
  // Before anybody else hears of a body that broke off: who sends it on would take it for the backend's fault.
  incoming.once('error', leave);
  return gone.signal;
}

function bodyOf(incoming: IncomingMessage, tap: ExchangeTap | undefined): Readable | undefined {
  if (!hasBody(incoming)) return undefined;
  return tap ? tappedBody(incoming, tap) : incoming;
}

function answered(exchange: Exchange, outcome: Outcome): Answered {
  const { backend, fault, known, held, lacksSome, answeredAt = performance.now() } = outcome;
  const isGone = fault === 'client_gone' || fault === 'request_timeout';
  return {
    key: exchange.row.key,
    backend,
    fault,
    held,
    lacksSome,
    status: isGone ? undefined : exchange.outgoing.statusCode,
    milliseconds: answeredAt - exchange.startedAt,
    asked: () => ({
      params: exchange.match?.params ?? {},
      request: known?.request,
      parts: known?.parts,
      rawHeaders: exchange.incoming.rawHeaders,
      isBodyKnown: known !== undefined,
    }),
  };
}
