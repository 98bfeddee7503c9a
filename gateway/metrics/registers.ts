import type { Registry } from 'prom-client';

/** Metrics that somebody else counts, and that the gateway shows with its own. */
export interface Registers {
  register(registry: Registry): void;
}
