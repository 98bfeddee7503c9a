/** How the process itself is doing: its event loop, its memory. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** A gauge that is looked at when it is asked for, and missing where `collect` sets nothing. */
export function lookedAt(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  collect: (gauge: Gauge) => void,
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      gauge.reset();
      // Without labels a reset leaves a zero, which would pass for what was found.
      if (labelNames.length === 0) gauge.remove();
      collect(gauge);
    },
  });
}

/** @returns what ends it */
export function measureProcess(registry: Registry): () => void {
  const one = (name: string, help: string, read: () => number) =>
    lookedAt(registry, name, help, [], (gauge) => gauge.set(read()));
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  one(
    'nodejs_eventloop_delay_p99_seconds',
    'How late timers were, 99 of 100, since the last look',
    () => delay.percentile(99) / 1e9,
  );
  one('nodejs_eventloop_delay_max_seconds', 'How late timers were at most, since the last look', () => {
    const { max } = delay;
    delay.reset();
    return max / 1e9;
  });
  let before = performance.eventLoopUtilization();
  one('nodejs_eventloop_utilization_ratio', 'Share of the time in which the event loop was busy', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  });
  one('process_memory_usage_bytes', 'Resident memory', () => process.memoryUsage.rss());
  one('process_uptime_seconds', 'Since the start', () => process.uptime());
  return () => delay.disable();
}
