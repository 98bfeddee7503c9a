/** A histogram whose series are counted by whoever has one in hand: prom-client finds a series by its labels at each count. */
import type { Histogram, Metric, Registry } from 'prom-client';

/** One series. */
export class Counts {
  readonly labels: Readonly<Record<string, string>>;
  readonly #buckets: readonly number[];
  /** By bucket, and at the end what is longer than any. */
  readonly #counts: number[];
  #sum = 0;

  constructor(buckets: readonly number[], labels: Readonly<Record<string, string>>) {
    this.labels = labels;
    this.#buckets = buckets;
    this.#counts = [...buckets, Number.POSITIVE_INFINITY].map(() => 0);
  }

  observe(value: number): void {
    let at = 0;
    while (value > (this.#buckets[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  /** As prom-client's registry writes them: buckets that add up, sum and count. */
  values(name: string): Value[] {
    let count = 0;
    const counted = this.#counts.map((more, i) => {
      count += more;
      const labels = { le: this.#buckets[i] ?? '+Inf', ...this.labels };
      return { metricName: `${name}_bucket`, labels, value: count };
    });
    const { labels } = this;
    return [
      ...counted,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

type Value = Awaited<ReturnType<Histogram['get']>>['values'][number];

/** @param series all there are, at each look */
export function registerCounted(
  registry: Registry,
  { name, help, labelNames }: { name: string; help: string; labelNames: readonly string[] },
  series: () => Iterable<Counts>,
): void {
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...series()].flatMap((each) => each.values(name)),
  });
  // A registry asks a metric for no more than `name` and `get`.
  registry.registerMetric({ name, get, labelNames } as unknown as Metric);
}
