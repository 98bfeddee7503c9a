/**
 * When legacy's lists first showed what no entry of the journal names. An element that was shown before a create was sent is not what that
 * create has made, whatever its time says. In memory: a gateway that starts has seen nothing.
 */
import { kindOf } from '../protocol/keys.ts';

/** The writes that may make an element which a list shows. */
export interface Creates {
  /** Ids of those that are on their way to legacy, from a client or the mirror, and touch the list of a kind. */
  onTheWay(kind: string): readonly string[];
  isOnTheWay(id: string): boolean;
}

interface Sighting {
  /** By `performance.now()`. */
  at: number;
  creates: readonly string[];
}

const betweenReadings = 60_000;

export class Sightings {
  readonly #creates: Creates;
  readonly #first = new Map<string, Sighting>();
  /** When a list of all entities of a kind was first seen whole, by `performance.now()`. */
  readonly #whole = new Map<string, number>();
  readonly #readings = new Map<string, { began: number; reading: Promise<void> }>();

  constructor(creates: Creates = { onTheWay: () => [], isOnTheWay: () => false }) {
    this.#creates = creates;
  }

  /**
   * Reads the list of a kind if it was not seen whole yet. Callers at the same time share one reading; a list that shows only a
   * part of itself is not read again for a minute.
   * @throws what `read` throws; the next caller reads again
   */
  async first(kind: string, read: () => Promise<void>): Promise<void> {
    if (this.#whole.has(kind)) return;
    const last = this.#readings.get(kind);
    if (last && performance.now() - last.began < betweenReadings) return last.reading;
    const reading = read();
    this.#readings.set(kind, { began: performance.now(), reading });
    try {
      await reading;
    } catch (error) {
      this.#readings.delete(kind);
      throw error;
    }
  }

  /**
   * Legacy shows these.
   * @param whole if they are all of their kind: what is not among them was not there when the reading began. The moments of writes come
   * from other clocks and are a millisecond too early at times, so the end of the reading would be too late.
   */
  saw(kind: string, keys: Iterable<string>, whole: { since: number } | false): void {
    const at = performance.now();
    let creates: readonly string[] | undefined;
    for (const key of keys)
      if (kindOf(key) === kind && !this.#first.has(key)) {
        creates ??= this.#creates.onTheWay(kind);
        this.#first.set(key, { at, creates });
      }
    if (whole && !this.#whole.has(kind)) this.#whole.set(kind, whole.since);
  }

  /**
   * Whether legacy had it before a moment.
   * @param moment by `performance.now()`
   * @returns undefined where legacy's list was not read in time
   */
  wasThere(key: string, moment: number): boolean | undefined {
    if ((this.#first.get(key)?.at ?? Number.POSITIVE_INFINITY) < moment) return true;
    const whole = this.#whole.get(kindOf(key));
    return whole !== undefined && whole < moment ? false : undefined;
  }

  /**
   * Whether something that no entry names was made behind the gateway's back: every create that was on its way when it was first seen has
   * come to its end since, and has not named it. @returns false too where it was not seen yet
   */
  isForeign(key: string): boolean {
    const first = this.#first.get(key);
    return first !== undefined && !first.creates.some((id) => this.#creates.isOnTheWay(id));
  }
}
