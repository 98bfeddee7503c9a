/** The audit log: `<data>/audit.jsonl`, one entry a line, only ever added to. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { isMode, type Mode } from '../continuity/protocol/modes.ts';
import { readText } from '../files.ts';
import type { AuditEntry } from './model.ts';

export const modeWord = z.custom<Mode>((value) => typeof value === 'string' && isMode(value));

export const auditEntry = z.object({
  time: z.string(),
  who: z.string(),
  route: z.string(),
  from: modeWord,
  to: modeWord,
  why: z.string(),
  how: z.enum(['command', 'file', 'start', 'guard']),
  epoch: z.number(),
  lacking: z.string().optional(),
  skipped: z.string().optional(),
  decided: z.enum(['done', 'not done', 'adopted', 'kept', 'given back']).optional(),
  alarm: z.string().optional(),
  lifted: z.string().optional(),
  unwritten: z.object({ said: modeWord, reason: z.string() }).optional(),
});

/** Appends entries in one write and waits until they are on the disk. */
export async function appendAudit(file: string, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a+');
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    // A line that a crash cut short must not swallow the next one.
    const start = size > 0 && last.toString() !== '\n' ? '\n' : '';
    await handle.writeFile(`${start}${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Entries, oldest first: the last so many, all unless told. Lines that cannot be read are left out. Older lines are not
 * parsed, as a log of years would keep the gateway busy.
 */
export async function readAudit(file: string, most = Number.POSITIVE_INFINITY): Promise<AuditEntry[]> {
  const read = await readText(file);
  if (!('text' in read)) return [];
  const found: AuditEntry[] = [];
  for (let end = read.text.length; end > 0 && found.length < most; ) {
    const start = read.text.lastIndexOf('\n', end - 1) + 1;
    found.push(...entryOf(read.text.slice(start, end)));
    end = start - 1;
  }
  return found.reverse();
}

function entryOf(line: string): AuditEntry[] {
  try {
    return [auditEntry.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
