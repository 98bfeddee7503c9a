/** Cleans the journal every hour while the gateway runs. */
import type { Logger } from '../../log.ts';
import type { Bodies } from '../bodies/bodies.ts';
import { clean } from './clean.ts';
import { every } from './every.ts';
import type { JournalDb } from './tables.ts';

export interface CleaningOptions {
  db: () => Promise<JournalDb>;
  bodies: Bodies;
  /** How long an entry is kept that both sides have, in seconds; a week unless told. */
  keepFor?: number | undefined;
  log: Logger;
}

const week = 7 * 24 * 3600;
const hour = 3_600_000;

export function startCleaning({ db, bodies, keepFor = week, log }: CleaningOptions): {
  close(): Promise<void>;
} {
  return every(hour, async () => {
    const cleaned = await clean(await db(), keepFor, bodies);
    if (cleaned > 0) log.info({ entries: cleaned }, 'the journal was cleaned of what both backends have');
  });
}
