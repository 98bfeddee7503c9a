/** What the audits do about a key that was written to directly on legacy, and what a person decides about a conflict. */
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { conflictOf } from '../journal/conflicts.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import { adoptKey, adoptLegacy, insertConflict, keepConflict } from '../journal/outside.ts';
import type { Judgement } from './judge.ts';

export interface ActGround {
  journal: Journal;
  log: Logger;
  /** The sync has something to bring. */
  onUnknown(): void;
  /** Writes that waited behind a conflict can be replayed. */
  onReleased(): void;
}

type Adoption = Extract<Judgement, { verdict: 'adopt' }>;
type Conflicting = Extract<Judgement, { verdict: 'conflict' }>;

/** @returns whether it was done: no write came meanwhile */
export async function adopt(key: string, { head, why }: Adoption, ground: ActGround): Promise<boolean> {
  const { journal, log } = ground;
  const isAdopted = await fenced(await journal.db(), journal.fence, (tx) => adoptKey(tx, { key, head }));
  if (!isAdopted) return false;
  makeUnknown(key, ground);
  log.warn({ key, why }, 'written directly on legacy: the new backend takes over what legacy has');
  return true;
}

/** @returns whether it was done: no write came meanwhile */
export async function pinConflict(conflict: Conflicting, { journal, log }: ActGround): Promise<boolean> {
  const { key, reason } = conflict;
  const entry = await fenced(await journal.db(), journal.fence, (tx) => insertConflict(tx, conflict));
  if (!entry) return false;
  pinned(journal, key, entry);
  log.error(
    { key, reason, owner: entry.side },
    'written directly on legacy, and in conflict with what clients were shown: `banyan journal` shows both, and a person decides',
  );
  return true;
}

/** Legacy's state is installed. @throws BanyanError `conflict_none`, `conflict_busy` */
export async function adoptAsDecided(key: string, why: string, ground: ActGround): Promise<void> {
  const { journal, log } = ground;
  const db = await journal.db();
  if (!(await conflictOf(db, key))) throw new BanyanError('conflict_none', { key });
  const over = await fenced(db, journal.fence, (tx) => adoptLegacy(tx, { key, why }));
  if (!over) throw new BanyanError('conflict_busy', { key });
  for (const id of over) journal.lag.gone(id);
  makeUnknown(key, ground);
  ground.onReleased();
  log.warn({ key, why, skipped: over.length - 1 }, "a person has decided that legacy's state stands");
}

/** The new backend's state stands, and legacy lacks it. @throws BanyanError `conflict_none`, `conflict_busy`, `conflict_behind` */
export async function keepAsDecided(key: string, why: string, ground: ActGround): Promise<void> {
  const { journal, log } = ground;
  const db = await journal.db();
  const conflict = await conflictOf(db, key);
  if (!conflict) throw new BanyanError('conflict_none', { key });
  const { id } = conflict;
  const kept = await fenced(db, journal.fence, (tx) => keepConflict(tx, { id, key, why }));
  if (kept === 'busy') throw new BanyanError('conflict_busy', { key });
  journal.lag.gone(id);
  pinned(journal, key, { id, side: kept === 'kept' ? 'new' : conflict.owner });
  ground.onReleased();
  if (kept === 'behind') throw new BanyanError('conflict_behind', { key });
  log.warn({ key, why }, "a person has decided that the new backend's state stands; legacy lacks it");
}

function makeUnknown(key: string, { journal, onUnknown }: ActGround): void {
  journal.knowledge.forgot(key);
  onUnknown();
}

/** It stays behind all that is owed now, as its place in the journal does. */
const pinned = ({ lag }: Journal, key: string, { id, side }: { id: string; side: 'legacy' | 'new' }): void =>
  lag.loaded({
    id,
    side,
    keys: [key],
    state: 'owed',
    isStuck: true,
    overtaken: null,
    admitted: Date.now() / 1000,
    settled: Date.now() / 1000,
  });
