/**
 * How far the times that legacy writes are from this gateway's clock: legacy's clock may be slow, and its zone another one. Each sample
 * has the bounds that the request's begin and the answer's end give it.
 */
import { writtenMoment } from '@banyan/route-table/local-time.ts';

/** Milliseconds to add to a moment of the gateway's to get the time that legacy writes then, read as if it were UTC. */
export interface Offset {
  least: number;
  most: number;
  /** Where it is from: times that legacy wrote; the `Date` of an answer, in the gateway's zone; nothing but the gateway's own clock. */
  from: 'times' | 'date' | 'assumed';
}

/** When a request was sent and its answer was whole, in milliseconds since 1970. */
export interface Exchange {
  began: number;
  ended: number;
}

/** A time in which all samples agree: a step of the clock, or a change between winter and summer, begins another one. */
interface Span extends Exchange {
  least: number;
  most: number;
}

const mostSpans = 20;

export class LegacyClock {
  /** The oldest first. */
  readonly #spans: Span[] = [];
  #date: Span | undefined;

  /** When legacy last wrote a time whose moment is known; in milliseconds since 1970. */
  get toldAt(): number {
    return this.#spans.at(-1)?.ended ?? Number.NEGATIVE_INFINITY;
  }

  /** @param time that legacy wrote while it worked on the request, in the format of the route table */
  told(time: string, { began, ended }: Exchange): void {
    const written = writtenMoment(time);
    if (Number.isNaN(written)) return;
    // Both clocks are cut to the millisecond.
    const sample = { began, ended, least: written - ended - 1, most: written - began + 1 };
    const last = this.#spans.at(-1);
    const [least, most] = [
      Math.max(sample.least, last?.least ?? Number.NaN),
      Math.min(sample.most, last?.most ?? Number.NaN),
    ];
    if (last && least <= most) Object.assign(last, { least, most, ended });
    else this.#spans.push(sample);
    if (this.#spans.length > mostSpans) this.#spans.shift();
  }

  /** @param date of an answer's header: whole seconds, in UTC */
  dated(date: string, { began, ended }: Exchange): void {
    const second = Date.parse(date);
    if (Number.isNaN(second)) return;
    this.#date = { began, ended, least: second - ended, most: second + 1000 - began };
  }

  /**
   * What the offset may have been at any moment between two: the samples from then, and the nearest ones before and after, as the clock
   * may have been set in between.
   */
  between(from: number, until: number): Offset {
    const spans = this.#spans.filter(({ began, ended }) => ended >= from && began <= until);
    const before = this.#spans.findLast(({ ended }) => ended < from);
    const after = this.#spans.find(({ began }) => began > until);
    const near = [before, ...spans, after].filter((span) => span !== undefined);
    if (near.length > 0)
      return {
        least: Math.min(...near.map(({ least }) => least)),
        most: Math.max(...near.map(({ most }) => most)),
        from: 'times',
      };
    const zones = [from, until].map((at) => -60_000 * new Date(at).getTimezoneOffset());
    const { least = 0, most = 0 } = this.#date ?? {};
    return {
      least: Math.min(...zones) + least,
      most: Math.max(...zones) + most,
      from: this.#date ? 'date' : 'assumed',
    };
  }
}
