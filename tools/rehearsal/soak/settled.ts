/** Waits until both sides have everything, and decides meanwhile what a person has to decide. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SyncShown } from '@banyan/gateway/console/sync-routes.ts';
import type { Conflict } from '@banyan/gateway/continuity/journal/conflicts.ts';
import type { Chance } from '@banyan/operations/testing/random.ts';
import type { Traffic } from '../traffic.ts';
import type { Outsider } from './outsider.ts';
import type { Blow, Parts } from './parts.ts';

/** What the steps share. */
export interface Ground {
  parts: Parts;
  report: (line: string) => void;
  random: Chance;
  outsider: Outsider;
  traffics: readonly Traffic[];
  found: SoakReport;
}

export interface SoakReport {
  flips: number;
  requests: number;
  acknowledged: number;
  kills: Record<Blow, number>;
  /** Messages whose replay lost its model call with a gateway: legacy has them once, with its excuse as the reply. */
  excused: number;
  /** Writes directly on legacy that legacy has acknowledged. */
  outside: number;
  /** What of them was in conflict with what users wrote, by what a person has decided. */
  decided: Record<'adopt' | 'keep', number>;
  /** What must not be; empty, if all is well. */
  faults: string[];
}

interface Journal {
  lag: { legacy: number; new: number };
  underWay: number;
  doubt: number;
  legacy?: { isBeingCompared: boolean; blocked: string | null };
  conflicts: Conflict[];
  pinned: { id: string; route: string; side: string; reason: string }[];
  divergent: number;
}

/** How long both sides may take to have everything, when it is over, in milliseconds: documents wait for each other. */
const rest = 600_000;

/** Does with such messages what a person would. @returns what else is stuck */
async function skipExcused(
  parts: Parts,
  pinned: Journal['pinned'],
  found: SoakReport,
): Promise<Journal['pinned']> {
  const excused = pinned.filter(({ reason }) => reason === 'legacy has stored it with another reply');
  for (const { id, reason } of excused) {
    await parts.console('journal/skip', { id, reason, who: 'soak' });
    found.excused += 1;
  }
  return pinned.filter((entry) => !excused.includes(entry));
}

/** Waits until both sides have everything, the sync has ended, and what a restart made legacy forget is known. */
export async function settled({ parts, found, ...ground }: Ground): Promise<void> {
  let last: { journal: Journal; sync: SyncShown } | undefined;
  for (const end = performance.now() + rest; performance.now() < end; await pause(250)) {
    last = await stateNow(parts);
    if (!last) continue;
    const { lag, underWay, doubt, legacy } = last.journal;
    const isDecided = await decideConflicts(last.journal.conflicts, { parts, found, ...ground });
    const pinned = await skipExcused(parts, last.journal.pinned, found);
    if (pinned.length > 0) return void found.faults.push(`pinned: ${JSON.stringify(pinned.slice(0, 5))}`);
    if (legacy?.blocked) return void found.faults.push(`blocked: ${legacy.blocked}`);
    const isOver =
      last.sync.isEnded || last.sync.kinds.every(({ phase }) => phase === 'paused' || phase === 'ended');
    const isEven = lag.legacy + lag.new + underWay + doubt === 0;
    if (isOver && isEven && !isDecided && !legacy?.isBeingCompared) return;
  }
  found.faults.push(`it does not come to rest: ${JSON.stringify(last)}`);
}

/** Does with conflicts what a person would. Of what nobody has written directly, there must be none. @returns whether there was any */
async function decideConflicts(
  conflicts: readonly Conflict[],
  { parts, random, outsider, traffics, found }: Ground,
): Promise<boolean> {
  const open = conflicts.filter(({ kept }) => kept === null);
  for (const { key, id, reason, differences: shown } of open) {
    const chat = key.slice('chat:'.length);
    const text = JSON.stringify([await parts.console(`divergences/${id}`), shown]);
    if (!outsider.hasTouched(chat, text))
      found.faults.push(
        `a conflict about what nobody has touched: ${key}: ${reason}: ${text.slice(0, 2000)}`,
      );
    const decision = random.of(['adopt', 'keep'] as const);
    const asked = { key, decision, reason: 'soak', who: 'soak' };
    const isDecided = await parts.console('conflicts', asked).then(
      () => true,
      () => false,
    );
    if (!isDecided) continue;
    found.decided[decision] += 1;
    outsider.giveUp(chat, text);
    for (const traffic of traffics) traffic.giveUp(chat);
  }
  return open.length > 0;
}

async function stateNow(parts: Parts): Promise<{ journal: Journal; sync: SyncShown } | undefined> {
  try {
    return {
      journal: (await parts.console('journal')) as Journal,
      sync: (await parts.console('sync')) as SyncShown,
    };
  } catch {
    return undefined;
  }
}
