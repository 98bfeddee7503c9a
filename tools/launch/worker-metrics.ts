import { measureProcess } from '@banyan/gateway/metrics/process.ts';
import type { Registers } from '@banyan/gateway/metrics/registers.ts';
import { Registry } from 'prom-client';

/** All that a worker by itself has to say; what waits for it is known to the gateway. */
export function workerMetrics(uploads: Registers): { text(): Promise<string>; close(): Promise<void> } {
  const registry = new Registry();
  uploads.register(registry);
  const end = measureProcess(registry);
  return { text: () => registry.metrics(), close: async () => end() };
}
