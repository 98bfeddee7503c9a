/** What tracing needs to be told: by the standard variables of OpenTelemetry, read in `gateway/settings.ts`. */

export const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof samplerNames)[number];

export interface TracingSettings {
  /** Where traces are sent, whole. */
  url: string;
  /** Sent with them; may hold a key. */
  headers: Readonly<Record<string, string>>;
  /** Undefined: the process names itself. */
  serviceName: string | undefined;
  resourceAttributes: Readonly<Record<string, string>>;
  sampler: SamplerName;
  /** Of traces that begin here, from 0 to 1; for the samplers by ratio. */
  ratio: number;
}
