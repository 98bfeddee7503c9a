/**
 * Ties model calls to the writes that cause them, by the message that a call's last turn ends with: a primary's call is
 * paid for, a replay's gets the reply that the client has seen. A call that is tied to nothing and may be a replay's is held
 * and never paid for: the model would say something else than the client has seen.
 */
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import { annotate, traceparent } from '@banyan/operations/tracing/spans.ts';
import { dialectOf } from '@banyan/route-table/dialect.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import { streamedAnswer, wholeAnswer } from '../../relay/gemini-format/answer.ts';
import { textOf } from '../../relay/gemini-format/types.ts';
import type { ModelAnswer, ModelCall, ModelProvider } from '../../relay/provider.ts';
import { pass } from '../failpoints.ts';
import { type Known, valuesOf } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import { type Flight, Flights, isReplay } from './flights.ts';
import type { Hold } from './hold.ts';
import { mayBePaid, type OnHeld } from './untied.ts';

export interface TieOptions {
  /** How long a call is held that may be a replay's and cannot be tied, in milliseconds. */
  holdFor?: number;
}

export class Tie {
  readonly #flights = new Flights();
  readonly #calls = new Map<string, ModelCallSeen[]>();
  readonly #holdFor: number;
  #onHeld: OnHeld = () => {};
  /** Calls that were tied to no write under way. */
  unexplained = 0;

  constructor({ holdFor = 10_000 }: TieOptions = {}) {
    this.#holdFor = holdFor;
  }

  /** Sets who is told; the relay is there before the journal is. */
  onHeld(listener: OnHeld): void {
    this.#onHeld = listener;
  }

  /**
   * A write of a client's is about to be sent. Waits for replays to legacy of the same message: legacy's calls do not say
   * whose they are.
   * @returns what ends it
   */
  primary(side: BackendName, route: Route, known: Known, id: string): Promise<() => void> {
    return this.#begin(side, route, known, id, isReplay);
  }

  /**
   * A replay is about to be sent; it waits for everything else on legacy with the same message.
   * @param hold keeps its model call waiting for the reply
   */
  replay(
    side: BackendName,
    route: Route,
    known: Known,
    id: string,
    reply: string | null,
    hold?: Hold,
  ): Promise<() => void> {
    return this.#begin(side, route, known, id, () => true, { reply, hold });
  }

  async #begin(
    side: BackendName,
    route: Route,
    known: Known,
    id: string,
    waitsFor: (other: Flight) => boolean,
    given: Pick<Flight, 'reply' | 'hold'> = {},
  ): Promise<() => void> {
    const { trim } = dialectOf(route);
    const [text] = route.relay ? valuesOf(route.relay.message, known) : [];
    // As the backends strip it before they ask.
    const message = text === undefined ? undefined : trim(text);
    while (message !== undefined) {
      const other = [...this.#flights].find(
        (flight) => flight.side === side && flight.message === message && waitsFor(flight),
      );
      if (!other) break;
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const flight: Flight = {
      id,
      side,
      route: route.key,
      hasTemplate: route.relay !== undefined,
      message,
      text: message ?? longestText(known.request, trim),
      ends: message === undefined ? [] : endsWith(route, message),
      ended,
      trace: traceparent(),
      tied: 0,
      ...given,
    };
    this.#flights.add(flight);
    return () => {
      this.#flights.delete(flight);
      resolve();
    };
  }

  /**
   * A call that a write has made and that the route's template does not describe: how it was worded, and whether the route is to
   * blame. Undefined if there was none. To be asked before the write is ended.
   */
  untiedCallOf(side: BackendName, id: string): { example: string; isRoutes: boolean } | undefined {
    const flight = this.#flights.find(side, id);
    if (!flight?.untied) return undefined;
    const { hasTemplate, message, tied } = flight;
    const { example, isSure } = flight.untied;
    // Without the request's text it may be anybody's call, unless this write should have made one and has not.
    if (!isSure && (!hasTemplate || tied > 0)) return undefined;
    // A message that is no text could not have been tied, whatever the template: a client made it so.
    return { example, isRoutes: !hasTemplate || message !== undefined };
  }

  /** How a replay's call was worded that was not answered; undefined if there was none. To be asked before the replay is ended. */
  deniedCallOf(side: BackendName, id: string): string | undefined {
    return this.#flights.find(side, id)?.denied;
  }

  /** What a write's calls asked on a side, for the comparison; given once. Undefined: it made none. */
  takeCalls(side: BackendName, id: string): ModelCallSeen[] | undefined {
    const key = `${side} ${id}`;
    const calls = this.#calls.get(key);
    this.#calls.delete(key);
    return calls;
  }

  /** The trace of the write or replay that a call is made for. */
  traceOf(call: ModelCall): string | undefined {
    return this.#flightOf(call)?.trace;
  }

  /** A provider that answers replays by itself. */
  around(provider: ModelProvider): ModelProvider {
    return {
      name: provider.name,
      call: (call, signal) => {
        const flight = this.#flightOf(call);
        if (!flight) return this.#untied(call, provider, signal);
        this.#keepCall(flight, call);
        if (flight.reply === undefined) return paid(call, provider, flight.id, signal);
        annotate({ 'banyan.recorded': true });
        return replied(call, flight.reply, flight.hold, signal);
      },
      close: () => provider.close(),
    };
  }

  /**
   * New's calls name their operation, so one that names none is legacy's, if legacy is asked anything that fits; the same
   * message may be under way on new. Among them the longest end that fits wins.
   */
  #flightOf(call: ModelCall): Flight | undefined {
    const operation = call.operation;
    if (operation !== undefined)
      return [...this.#flights].find(({ id, side }) => id === operation && side === 'new');
    const last = call.request.contents.at(-1);
    const text = last ? (textOf(last) ?? '') : '';
    return this.#fitting('legacy', text) ?? this.#fitting('new', text);
  }

  #fitting(side: BackendName, text: string): Flight | undefined {
    let found: { flight: Flight; length: number } | undefined;
    for (const flight of this.#flights)
      for (const end of flight.side === side ? flight.ends : [])
        if (text.endsWith(end) && end.length > (found?.length ?? -1)) found = { flight, length: end.length };
    return found?.flight;
  }

  /** @throws BanyanError `model_call_untied` if it may be a replay's until its time is up */
  async #untied(call: ModelCall, provider: ModelProvider, signal: AbortSignal): Promise<ModelAnswer> {
    this.unexplained += 1;
    const options = { holdFor: this.#holdFor, signal, onHeld: this.#onHeld };
    // A call that names its operation is new's; an operation that is over is nobody's replay any more.
    if (call.operation === undefined && !(await mayBePaid(this.#flights, call, options)))
      throw new BanyanError('model_call_untied');
    return provider.call(call, signal);
  }

  #keepCall(flight: Flight, { model, request }: ModelCall): void {
    const { side, id } = flight;
    this.#flights.tied(flight);
    if (this.#calls.size > 1000) this.#calls.delete(this.#calls.keys().next().value ?? '');
    const key = `${side} ${id}`;
    this.#calls.set(key, [...(this.#calls.get(key) ?? []), { model, request: { ...request } }]);
  }
}

const endsWith = ({ relay }: Route, message: string): string[] =>
  (relay?.lastTurn ?? []).map((text) => text.replaceAll('{message}', () => message));

/** The longest text anywhere in a request's body. */
function longestText(value: unknown, trim: (text: string) => string): string {
  if (typeof value === 'string') return trim(value);
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .map((each) => longestText(each, trim))
    .reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}

async function paid(
  call: ModelCall,
  provider: ModelProvider,
  id: string,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  await pass('asking', id);
  return provider.call(call, signal);
}

async function replied(
  call: ModelCall,
  reply: string | null,
  hold: Hold | undefined,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  await hold?.call(signal);
  return recorded(call, reply);
}

/** The reply as a model's answer: a null text is one whose only part is no text. */
function recorded(call: ModelCall, reply: string | null) {
  const parts = reply === null ? [{ functionCall: { name: 'none', args: {} } } as object] : [{ text: reply }];
  const response = {
    candidates: [{ content: { role: 'model' as const, parts }, finishReason: 'STOP' as const, index: 0 }],
  };
  return call.method === 'streamGenerateContent'
    ? streamedAnswer([response], call.sse)
    : wholeAnswer(response);
}

/** The model's reply in an answer; undefined where there is none. */
export function replyIn(route: Route, answer: unknown): string | null | undefined {
  if (route.relay?.reply.in !== 'response') return undefined;
  const [reply] = readPlace(answer, route.relay.reply.at);
  return typeof reply === 'string' || reply === null ? reply : undefined;
}
