/**
 * Ties model calls to the writes that cause them, by the message that a call's last turn ends with: a primary's call is
 * paid for, a replay's gets the reply that the client has seen.
 */
import type { ModelCallSeen } from '../../../compare/model-calls.ts';
import type { BackendName, Route } from '../../../contract/route-table.ts';
import { strip } from '../../../services/wire/python/strings.ts';
import { annotate, traceparent } from '../../../tracing/spans.ts';
import type { ModelCall, ModelProvider } from '../../relay/provider.ts';
import { streamedAnswer, wholeAnswer } from '../../relay/wire/answer.ts';
import { textOf } from '../../relay/wire/types.ts';
import { readPlace } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';

interface Flight {
  id: string;
  side: BackendName;
  /** The message, without white space at its ends. */
  message: string;
  /** Ends of last turns with the message in them. */
  ends: string[];
  /** The `traceparent` of who began it. */
  trace: string | undefined;
  /** A replay's. Null: the model's text was. */
  reply?: string | null;
  ended: Promise<void>;
}

const none = () => {};

export class Tie {
  readonly #flights = new Set<Flight>();
  readonly #calls = new Map<string, ModelCallSeen[]>();
  /** Calls that were paid for and belong to no write under way: somebody writes behind the gateway's back. */
  unexplained = 0;

  /**
   * A write of a client's is about to be sent. Waits for replays to legacy of the same message: legacy's calls do not say
   * whose they are.
   * @returns what ends it
   */
  async primary(side: BackendName, route: Route, known: Known, id: string): Promise<() => void> {
    if (!route.relay) return none;
    return this.#begin(side, route, known, id, (other) => other.reply !== undefined);
  }

  /** A replay is about to be sent; it waits for everything else on legacy with the same message. */
  async replay(
    side: BackendName,
    route: Route,
    known: Known,
    id: string,
    reply: string | null,
  ): Promise<() => void> {
    if (!route.relay) return none;
    return this.#begin(side, route, known, id, () => true, reply);
  }

  async #begin(
    side: BackendName,
    route: Route,
    known: Known,
    id: string,
    waitsFor: (other: Flight) => boolean,
    reply?: string | null,
  ): Promise<() => void> {
    const [given] = valuesOf(route.relay?.message ?? { in: 'path', name: '' }, known);
    if (given === undefined) return none;
    // As the backends strip it before they ask.
    const message = strip(given);
    for (;;) {
      const other = [...this.#flights].find(
        (flight) => flight.side === side && flight.message === message && waitsFor(flight),
      );
      if (!other) break;
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const ends = (route.relay?.lastTurn ?? []).map((text) => text.replaceAll('{message}', () => message));
    const flight: Flight = {
      ...{ id, side, message, ends, ended, trace: traceparent() },
      ...(reply !== undefined && { reply }),
    };
    this.#flights.add(flight);
    return () => {
      this.#flights.delete(flight);
      resolve();
    };
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
        if (!flight) this.unexplained += 1;
        else this.#keepCall(flight, call);
        if (flight?.reply === undefined) return provider.call(call, signal);
        annotate({ 'banyan.recorded': true });
        return Promise.resolve(recorded(call, flight.reply));
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

  #keepCall({ side, id }: Flight, { model, request }: ModelCall): void {
    if (this.#calls.size > 1000) this.#calls.delete(this.#calls.keys().next().value ?? '');
    const key = `${side} ${id}`;
    this.#calls.set(key, [...(this.#calls.get(key) ?? []), { model, request: { ...request } }]);
  }
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
