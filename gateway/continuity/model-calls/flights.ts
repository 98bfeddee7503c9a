/** Writes and replays that are under way, as far as the model calls of a backend are tied to them. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Hold } from './hold.ts';

export interface Flight {
  id: string;
  side: BackendName;
  route: RouteKey;
  /** Whether the route table says how its model calls end. */
  hasTemplate: boolean;
  /** Without white space at its ends; undefined without a template, or if the request has none that is a text. */
  message: string | undefined;
  /** The longest text of the request: a prompt that has it is of this request, whatever else it says. */
  text: string;
  /** Ends of last turns with the message in them. */
  ends: string[];
  /** The `traceparent` of who began it. */
  trace: string | undefined;
  /** A replay's. Null: the model's text was. */
  reply?: string | null;
  /** Of a replay's: its call is answered later. */
  hold?: Hold | undefined;
  ended: Promise<void>;
  /** How many calls were tied to it. */
  tied: number;
  /** How a call was worded that came meanwhile and is tied to nothing. `isSure`: the prompt has this request's text. */
  untied?: { example: string; isSure: boolean };
  /** A replay's: how its call was worded that was not answered, as it could not be tied. */
  denied?: string | undefined;
}

export const isReplay = ({ reply }: Flight): boolean => reply !== undefined;

export class Flights {
  readonly #all = new Set<Flight>();
  #changed = Promise.withResolvers<void>();

  [Symbol.iterator](): Iterator<Flight> {
    return this.#all.values();
  }

  add(flight: Flight): void {
    this.#all.add(flight);
  }

  has(flight: Flight): boolean {
    return this.#all.has(flight);
  }

  find(side: BackendName, id: string): Flight | undefined {
    return [...this.#all].find((flight) => flight.side === side && flight.id === id);
  }

  delete(flight: Flight): void {
    this.#all.delete(flight);
    this.#tell();
  }

  tied(flight: Flight): void {
    flight.tied += 1;
    this.#tell();
  }

  /** Resolves when a flight has ended or was tied to a call, after `milliseconds` or at the signal. */
  async change(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([this.#changed.promise, promise]);
    clearTimeout(timer);
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
