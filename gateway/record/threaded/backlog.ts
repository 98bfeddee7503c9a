/** What was handed to the recording's thread and is not worked off. It is bounded: beyond that an exchange is left out. */

export interface BacklogLimits {
  /** Bytes of bodies. */
  bytes: number;
  /** Messages, whatever is in them. */
  messages: number;
}

export const defaultLimits: BacklogLimits = { bytes: 32 * 1024 * 1024, messages: 50_000 };

export class Backlog {
  readonly #limits: BacklogLimits;
  #bytes = 0;
  #messages = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  /** Whether so many bytes more may be handed over. */
  has(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limits.bytes && this.#messages < this.#limits.messages;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#messages += 1;
  }

  done(messages: number, bytes: number): void {
    this.#messages -= messages;
    this.#bytes -= bytes;
  }
}
