/**
 * The internal channel between the gateway and a new backend that runs by itself: headers, which the gateway takes from no
 * client and which count for nothing without the key.
 */
import type { Presets } from '../services/handler.ts';
import type { Internal } from '../services/internal.ts';
import { headerOf } from './http/headers.ts';
import { isSameSecret } from './http/same-secret.ts';

export const internalHeaders = {
  key: 'x-banyan-key',
  operation: 'x-banyan-operation',
  /** `Presets` as JSON. */
  presets: 'x-banyan-presets',
} as const;

/** @returns nothing where no such header is there; `refused` where they come without the key, or cannot be read */
export function internalOf(
  rawHeaders: readonly string[],
  key: string | undefined,
): { internal?: Internal } | 'refused' {
  if (!rawHeaders.some((name, i) => i % 2 === 0 && /^x-banyan-/i.test(name))) return {};
  const given = headerOf(rawHeaders, internalHeaders.key);
  if (key === undefined || given === undefined || !isSameSecret(given, key)) return 'refused';
  const operationId = headerOf(rawHeaders, internalHeaders.operation);
  const presets = presetsOf(headerOf(rawHeaders, internalHeaders.presets));
  if (presets === 'refused') return 'refused';
  return { internal: { ...(operationId && { operationId }), ...(presets && { presets }) } };
}

function presetsOf(header: string | undefined): Presets | undefined | 'refused' {
  if (header === undefined) return undefined;
  try {
    return JSON.parse(header) as Presets;
  } catch {
    return 'refused';
  }
}
