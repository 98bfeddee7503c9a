/** What an alarm is, in memory, on the disk and for people. */
import { createHash } from 'node:crypto';
import type { BackendName, Route, RouteKey } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';

export const alarmCodes = ['unsupported_id', 'untied_model_call'] as const;
export type AlarmCode = (typeof alarmCodes)[number];

/** One occurrence. */
export interface Sighting {
  /** Shortened; never a client's text. */
  example: string;
  /** The kind of the id that did not fit. */
  kind?: string | undefined;
  /** The backend that made that id up in its answer; undefined if the answer only used it. */
  madeBy?: BackendName | undefined;
}

export const storedAlarm = z.object({
  route: z.string(),
  code: z.enum(alarmCodes),
  /** ISO 8601, UTC. */
  since: z.string(),
  last: z.string(),
  count: z.int(),
  example: z.string(),
  /** The kinds of ids that did not fit. */
  kinds: z.array(z.string()),
  /** The backends that make up such ids on this route. */
  madeBy: z.array(z.enum(['legacy', 'new'])),
  /** Fingerprint of what the route table declared then: an alarm about another declaration is over. */
  declared: z.string(),
});
export type StoredAlarm = z.infer<typeof storedAlarm>;

/** An alarm as `banyan status` and the console show it. */
export interface Alarm {
  route: RouteKey;
  code: AlarmCode;
  since: string;
  last: string;
  count: number;
  example: string;
  /** What happened, and what it means. */
  what: string;
  do: string;
}

const says: Readonly<Record<AlarmCode, { what: string; do: string }>> = {
  unsupported_id: {
    what: 'A backend answered with an id that is not of the format that the route table declares. Banyan cannot map such an id between the backends, so a client could reach the wrong thing under it.',
    do: 'Leave the route on legacy. Let both backends make ids of the declared format, or correct `ids` in the route table and restart the gateway. If it is put right without a change of the table: `npx banyan alarms lift "ROUTE" --reason "why"`.',
  },
  untied_model_call: {
    what: 'Legacy asked the model in words that the `relay` template of the route does not describe. A replay of such a message would be paid again, and legacy would store another reply than the client saw.',
    do: 'Leave the route on legacy. Correct `relay` in the route table to what legacy sends and restart the gateway. If it is put right without a change of the table: `npx banyan alarms lift "ROUTE" --reason "why"`.',
  },
};

export function shownAlarm({ route, code, since, last, count, example }: StoredAlarm): Alarm {
  const { what, do: advice } = says[code];
  return { route, code, since, last, count, example, what, do: advice.replace('ROUTE', route) };
}

/** Fingerprint of what the alarms are about. */
export function declarationOf({ ids, relay }: Pick<Route, 'ids' | 'relay'>): string {
  return createHash('sha256').update(JSON.stringify({ ids, relay })).digest('hex').slice(0, 16);
}

/** Whether an alarm speaks against letting `new` serve a route: its own, or that of an id which the route uses. */
export function concerns(
  { route, code, kinds }: StoredAlarm,
  other: Pick<Route, 'key' | 'ids' | 'keys'>,
): boolean {
  if (route === other.key) return true;
  if (code !== 'unsupported_id') return false;
  return (
    other.ids.some(({ kind, role }) => role !== 'invented' && kinds.includes(kind)) ||
    other.keys.some((key) => 'one' in key && kinds.includes(key.one))
  );
}
