/**
 * The internal channel between the gateway and a new backend that runs by itself: headers, which the gateway takes from no
 * client and which count for nothing without the key.
 */
import { headerOf } from './http/headers.ts';
import { isSameSecret } from './http/same-secret.ts';
import type { Internal } from './operation.ts';

export const internalHeaders = {
  key: 'x-banyan-key',
  operation: 'x-banyan-operation',
  /** As JSON. */
  presets: 'x-banyan-presets',
} as const;

/** Any header of the channel, also one that nobody knows yet; the name in lower case. */
export const isInternal = (name: string): boolean => name.startsWith('x-banyan-');

/**
 * @returns nothing where no such header is there; `refused` where they come without the key, or cannot be read.
 *   `Presets` is what the gateway and this backend have agreed upon: nothing of it is checked
 */
export function internalOf<Presets>(
  rawHeaders: readonly string[],
  key: string | undefined,
): { internal?: Internal<Presets> } | 'refused' {
  if (!rawHeaders.some((name, i) => i % 2 === 0 && isInternal(name.toLowerCase()))) return {};
  const given = headerOf(rawHeaders, internalHeaders.key);
  if (key === undefined || given === undefined || !isSameSecret(given, key)) return 'refused';
  const operationId = headerOf(rawHeaders, internalHeaders.operation);
  const presets = presetsOf<Presets>(headerOf(rawHeaders, internalHeaders.presets));
  if (presets === 'refused') return 'refused';
  return { internal: { ...(operationId && { operationId }), ...(presets && { presets }) } };
}

function presetsOf<Presets>(header: string | undefined): Presets | undefined | 'refused' {
  if (header === undefined) return undefined;
  try {
    return JSON.parse(header) as Presets;
  } catch {
    return 'refused';
  }
}
