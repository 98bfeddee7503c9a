/** The gateway with more and more of what watches it: what each costs a request. */
import { gatewayWith } from './gateway.ts';
import type { Peer } from './peer.ts';

/** Who the others are compared with. */
export const unobserved = 'nothing';

/** @param collector where traces go, an origin */
export function observedGateways(collector: string): Peer[] {
  const traced = (sampler: string, share = '1') => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_TRACES_SAMPLER: sampler,
    OTEL_TRACES_SAMPLER_ARG: share,
  });
  return [
    observed(unobserved, { LOG_LEVEL: 'silent', METRICS: 'off' }),
    observed('metrics', { LOG_LEVEL: 'silent' }),
    observed('metrics, log', {}),
    observed('metrics, log, 1 % traced', traced('parentbased_traceidratio', '0.01')),
    observed('metrics, log, all traced', traced('always_on')),
  ];
}

const observed = (name: string, env: Record<string, string>): Peer =>
  gatewayWith(name, { FORWARDER: 'http', ...env });
