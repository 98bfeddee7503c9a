/**
 * What is in force, on the disk: it outlives the gateway, so that since-when and by-whom do, and so that an edit made
 * while no gateway ran is noticed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';
import { readText, replaceFile } from '../files.ts';
import { appendAudit, auditEntry, modeWord, readAudit } from './audit.ts';
import type { AuditEntry, FlagInForce, Mode, Unwritten } from './model.ts';

const flagInForce = z.object({ mode: modeWord, since: z.string(), by: z.string() });

const unwritten = flagInForce.extend({ said: modeWord, why: z.string(), reason: z.string() });

const storedState = z.object({
  epoch: z.number(),
  /** When the first gateway with this data folder started: since then a route that was never flipped is legacy. */
  begun: z.string(),
  routes: z.record(z.string(), flagInForce),
  /** What is in force and could not be written into the flag file. */
  unwritten: z.record(z.string(), unwritten).default({}),
  /** The entries of the last change, in case the audit log does not have them yet. */
  entries: z.array(auditEntry),
  /** What a command is about to write into the flag file, in case it ends in between. */
  intent: z
    .object({
      who: z.string(),
      why: z.string(),
      modes: z.record(z.string(), modeWord),
      how: z.enum(['command', 'guard']).default('command'),
    })
    .optional(),
});

export interface Intent {
  who: string;
  why: string;
  how: 'command' | 'guard';
  modes: Record<RouteKey, Mode>;
}

export interface State {
  epoch: number;
  begun: string;
  routes: Record<RouteKey, FlagInForce>;
  unwritten: Record<RouteKey, Unwritten>;
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
  return (await storedIn(files)) ?? toldBy(await readAudit(files.audit), now);
}

async function storedIn(files: StateFiles): Promise<State | undefined> {
  const read = await readText(files.state);
  try {
    return 'text' in read ? storedState.parse(JSON.parse(read.text)) : undefined;
  } catch {
    return undefined;
  }
}

function toldBy(all: readonly AuditEntry[], now: string): State {
  const entries = all.filter(({ skipped, lifted }) => skipped === undefined && lifted === undefined);
  return {
    epoch: entries.at(-1)?.epoch ?? 0,
    begun: entries[0]?.time ?? now,
    routes: Object.fromEntries(
      entries.map((entry) => [entry.route, { mode: entry.to, since: entry.time, by: entry.who }]),
    ),
    unwritten: unwrittenIn(entries),
    entries: [],
  };
}

/** Of each route the last change counts. */
function unwrittenIn(entries: readonly AuditEntry[]): Record<RouteKey, Unwritten> {
  const last = new Map(entries.map((entry) => [entry.route, entry]));
  const found = [...last.values()].flatMap(({ route, to, time, who, why, unwritten }) =>
    unwritten ? [[route, { mode: to, since: time, by: who, why, ...unwritten }] as const] : [],
  );
  return Object.fromEntries(found);
}

/** Stores the state whole. After a loss of power it may be an older one: the audit log, which is synced, then knows more. */
export async function storeState(files: StateFiles, state: State): Promise<void> {
  await mkdir(files.folder, { recursive: true });
  await replaceFile(files.state, `${JSON.stringify(state, null, 2)}\n`, { durable: false });
}

/**
 * Brings state and audit log together where a process or the machine ended in the middle: the log gets the entries that
 * it lacks, the state is the log's where the log is ahead.
 */
export async function recoverState(files: StateFiles, now: string): Promise<void> {
  const log = await readAudit(files.audit);
  const stored = await storedIn(files);
  const told = toldBy(log, now);
  if (stored && stored.epoch >= told.epoch) await appendMissing(files.audit, log, stored.entries);
  else if (stored) await storeState(files, { ...told, begun: stored.begun });
}

/** Appends those of the entries that the log does not have: some may have been written before a fault. */
export async function completeAudit(file: string, entries: readonly AuditEntry[]): Promise<void> {
  await appendMissing(file, await readAudit(file), entries);
}

async function appendMissing(file: string, log: readonly AuditEntry[], entries: readonly AuditEntry[]) {
  const there = new Set(log.map(identity));
  await appendAudit(
    file,
    entries.filter((entry) => !there.has(identity(entry))),
  );
}

const identity = (entry: AuditEntry) => JSON.stringify([entry.epoch, entry.route, entry.time]);
