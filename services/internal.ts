/** What the gateway says of a write beside the request, as handlers take it. */
import type { Internal as InternalOf } from '@banyan/operations/operation.ts';
import type { Presets } from './handler.ts';

export type Internal = InternalOf<Presets>;

/** A write, and, where another backend did it before, its answer and the times and counts that it has set. */
export interface Replayed {
  id: string;
  /** JSON, as the client got it. */
  answer?: unknown;
  /** By the name of their member in answers. */
  times?: Readonly<Record<string, string>>;
  /** Numbers that the other backend shows, by the name of their member. */
  counts?: Readonly<Record<string, number>>;
  /** Another backend is given it afterwards, one write of an entity at a time. */
  isMirrored?: boolean;
}

/** @returns what is decided by that answer: ids, titles and times, and that an upload was taken */
export function internalFrom({
  id: operationId,
  answer,
  times = {},
  counts = {},
  isMirrored,
}: Replayed): Internal {
  const given = isRecord(answer) ? answer : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const decided = {
    id: text(given.id) ?? text(given.job_id),
    title: text(given.title),
    createdAt: times.created_at ?? text(given.created_at),
    updatedAt: times.updated_at ?? text(given.updated_at),
    startedAt: times.started_at ?? text(given.started_at),
    answeredCount: typeof given.message_count === 'number' ? given.message_count : undefined,
    messageCount: counts.message_count,
    accepted: 'job_id' in given || undefined,
    isMirrored: isMirrored || undefined,
  };
  const presets: Presets = Object.fromEntries(
    Object.entries(decided).filter(([, value]) => value !== undefined),
  );
  return { operationId, ...(Object.keys(presets).length > 0 && { presets }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
