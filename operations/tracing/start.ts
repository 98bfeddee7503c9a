/** Starts tracing, if the settings say where traces go; without, nothing is loaded. */
import { hostname } from 'node:os';
import type { TracingSettings } from './settings.ts';
import { useTracer } from './spans.ts';

export interface TracingOptions {
  settings: TracingSettings | undefined;
  /** Where the settings name none. */
  serviceName: string;
  /** Told when traces cannot be delivered, and when they can be again. */
  onDelivery?: ((fault: Error | undefined) => void) | undefined;
}

/** @returns what sends the rest, and ends it */
export async function startTracing(options: TracingOptions): Promise<{ close(): Promise<void> }> {
  const { settings, serviceName, onDelivery } = options;
  if (!settings) return { close: async () => {} };
  const { openTelemetry } = await import('./open-telemetry.ts');
  const { tracer, close } = openTelemetry({
    settings,
    resource: {
      'service.name': settings.serviceName ?? serviceName,
      'service.instance.id': `${hostname()}:${process.pid}`,
    },
    onDelivery,
  });
  useTracer(tracer);
  return {
    async close() {
      useTracer(undefined);
      await close();
    },
  };
}
