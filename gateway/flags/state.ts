/**
 * What is in force, on the disk: it outlives the gateway, so that since-when and by-whom do, and so that an edit made
 * while no gateway ran is noticed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RouteKey } from '../../contract/route-table.ts';
import { appendAudit, auditEntry, readAudit } from './audit.ts';
import { readText, replaceFile } from './files.ts';
import { type AuditEntry, type FlagInForce, type Mode, modes } from './model.ts';

const flagInForce = z.object({ mode: z.enum(modes), since: z.string(), by: z.string() });

const storedState = z.object({
  epoch: z.number(),
  /** When the first gateway with this data folder started: since then a route that was never flipped is legacy. */
  begun: z.string(),
  routes: z.record(z.string(), flagInForce),
  /** The entries of the last change, in case the audit log does not have them yet. */
  entries: z.array(auditEntry),
  /** What a command is about to write into the flag file, in case it ends in between. */
  intent: z
    .object({ who: z.string(), why: z.string(), modes: z.record(z.string(), z.enum(modes)) })
    .optional(),
});

export interface Intent {
  who: string;
  why: string;
  modes: Record<RouteKey, Mode>;
}

export interface State {
  epoch: number;
  begun: string;
  routes: Record<RouteKey, FlagInForce>;
  entries: AuditEntry[];
  intent?: Intent | undefined;
}

export interface StateFiles {
  state: string;
  audit: string;
  lastGood: string;
  lock: string;
  folder: string;
}

export function stateFiles(dataFolder: string): StateFiles {
  const folder = join(dataFolder, 'flags');
  return {
    folder,
    state: join(folder, 'in-force.json'),
    lastGood: join(folder, 'last-good.yaml'),
    lock: join(folder, 'lock'),
    audit: join(dataFolder, 'audit.jsonl'),
  };
}

/** The stored state; where there is none that can be read, the one that the audit log tells of. */
export async function readState(files: StateFiles, now: string): Promise<State> {
  const read = await readText(files.state);
  if ('text' in read) {
    try {
      return storedState.parse(JSON.parse(read.text));
    } catch {}
  }
  const entries = await readAudit(files.audit);
  return {
    epoch: entries.at(-1)?.epoch ?? 0,
    begun: entries[0]?.time ?? now,
    routes: Object.fromEntries(
      entries.map((entry) => [entry.route, { mode: entry.to, since: entry.time, by: entry.who }]),
    ),
    entries: [],
  };
}

/** Stores the state whole, then sees to it that the audit log has its entries. */
export async function storeState(files: StateFiles, state: State): Promise<void> {
  await mkdir(files.folder, { recursive: true });
  await replaceFile(files.state, `${JSON.stringify(state, null, 2)}\n`);
  await completeAudit(files, state);
}

/** Appends the entries of the last change unless they are there: a crash may have come in between. */
export async function completeAudit(files: StateFiles, state: State): Promise<void> {
  if (state.entries.length === 0) return;
  const there = new Set((await readAudit(files.audit)).map(identity));
  await appendAudit(
    files.audit,
    state.entries.filter((entry) => !there.has(identity(entry))),
  );
}

const identity = (entry: AuditEntry) => JSON.stringify([entry.epoch, entry.route, entry.time]);
