/** Fields of what legacy has written, which anybody may have edited. */
import type { WallTime } from '../../../services/db/wall-time.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const written = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** The time, if it is one and written as legacy writes it. */
export function wallTime(value: unknown): WallTime | undefined {
  if (typeof value !== 'string' || !written.test(value) || value.startsWith('0000')) return undefined;
  const milliseconds = `${value.slice(0, 23)}Z`;
  const time = new Date(milliseconds);
  // Not the 30th of February.
  return !Number.isNaN(time.getTime()) && time.toISOString() === milliseconds ? value : undefined;
}

/** A value for people, cut short. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
