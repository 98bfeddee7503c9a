/** As much of a log as the queue and the workers need; pino's fits. Never given a URL or what a document says. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const noLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Tells once that something is away, and once that it is back. */
export class Outage {
  readonly #log: Log;
  readonly #words: { away: string; back: string };
  #away = false;

  constructor(log: Log, words: { away: string; back: string }) {
    this.#log = log;
    this.#words = words;
  }

  began(error: unknown): void {
    if (this.#away) return;
    this.#away = true;
    this.#log.warn({ error: String(error) }, this.#words.away);
  }

  ended(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#log.info({}, this.#words.back);
  }
}
