/**
 * The alarms on the disk: `<data>/continuity/alarms.json`. A file, and not a table of the journal's database: the flag store
 * needs them before any database is open, and a command needs them while no gateway runs.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';
import { replaceFile } from '../../files.ts';
import { type Alarm, concerns, declarationOf, type StoredAlarm, shownAlarm, storedAlarm } from './alarm.ts';

const file = z.array(storedAlarm);

export const alarmFile = (dataFolder: string) => join(dataFolder, 'continuity', 'alarms.json');

/**
 * Reads the alarms that an earlier gateway raised and that are still about what the table declares. A file that cannot be read
 * counts as none: what it told of is found again at the next such answer.
 */
export function readAlarms(
  path: string,
  table: RouteTable,
): { alarms: StoredAlarm[]; outdated: StoredAlarm[] } {
  const all = parsed(path);
  const isCurrent = ({ route, declared }: StoredAlarm) => {
    const row = table.routes.find(({ key }) => key === route);
    return row !== undefined && declarationOf(row) === declared;
  };
  return { alarms: all.filter(isCurrent), outdated: all.filter((alarm) => !isCurrent(alarm)) };
}

function parsed(path: string): StoredAlarm[] {
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}

export async function writeAlarms(path: string, alarms: readonly StoredAlarm[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, `${JSON.stringify(alarms, null, 2)}\n`, { durable: false });
}

/** What speaks against letting `new` serve a route, as a sentence; undefined if nothing does. */
export function objection(
  alarms: Iterable<StoredAlarm>,
  table: RouteTable,
  route: RouteKey,
): string | undefined {
  const row = table.routes.find(({ key }) => key === route);
  if (!row) return undefined;
  for (const alarm of alarms) if (concerns(alarm, row)) return sentence(shownAlarm(alarm), route);
  return undefined;
}

function sentence({ route, what, since, count, example, do: advice }: Alarm, of: RouteKey): string {
  const where = route === of ? '' : ` on \`${route}\``;
  return `there is an alarm${where} since ${since} (${count} times, last: ${example}). ${what} ${advice}`;
}
