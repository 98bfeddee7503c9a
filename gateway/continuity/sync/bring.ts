/** Brings some entities of one kind to the new backend, and makes known what both backends then show alike. */
import { type ComparisonOptions, compareKey } from '../comparison/compare-key.ts';
import type { Comparison } from '../comparison/outcome.ts';
import { pass } from '../failpoints.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import { coverEntries, type KeyState, lockQuiet, markKnown, noteKeys } from '../journal/known.ts';
import type { Names } from '../names/names.ts';
import type { PublicNames, SyncSource } from './source.ts';

/** An entity that the new backend is not known to have. */
export interface Wanted {
  key: string;
  /** The public id. */
  id: string;
}

export interface BringOptions {
  journal: Journal;
  names: Names;
  kind: string;
  /** Without a source the entities are only compared: something else has to bring them. */
  source: SyncSource | undefined;
  comparing: ComparisonOptions;
  /** The new backend is known to have these, and legacy has forgotten something of them. */
  onLegacyLacks(keys: readonly string[]): void;
  signal: AbortSignal;
}

/** Why the new backend is still not known to have an entity. */
export interface Left {
  key: string;
  /** `busy`: a write was under way, so another attempt may succeed at once. */
  why: 'busy' | 'different' | 'failed';
  reason: string;
}

/**
 * A key becomes known only if nothing is settled on it, under way or being sent from before its snapshot was taken until both
 * backends were seen to show the same.
 * @returns what is still unknown
 */
export async function bring(wanted: readonly Wanted[], options: BringOptions): Promise<Left[]> {
  const { journal, source } = options;
  const noted = await noteKeys(
    await journal.db(),
    wanted.map(({ key }) => key),
  );
  const [quiet, left] = split(wanted, ({ key }) => noted.get(key)?.inFlight === 0, busy);
  const { done, failed } = source
    ? await install(quiet, noted, source, options)
    : { done: quiet, failed: [] };
  const { legacy } = journal.knowledge;
  const { incarnation } = legacy;
  const equal: Wanted[] = [];
  const lackedByLegacy: string[] = [];
  for (const { entity, compared } of await compareAll(done, options)) {
    if (compared.outcome === 'equal') {
      equal.push(entity);
      if (compared.legacyLacks.length > 0) lackedByLegacy.push(entity.key);
    } else left.push(leftBy(entity, compared));
  }
  const known = await makeKnown(equal, noted, journal);
  options.onLegacyLacks(lackedByLegacy.filter((key) => known.has(key)));
  // What was shown by an earlier process, the present one may have forgotten.
  if (incarnation === legacy.incarnation)
    for (const key of known) if (!lackedByLegacy.includes(key)) legacy.has(key);
  const [, moved] = split(equal, ({ key }) => known.has(key), busy);
  return [...left, ...failed, ...moved];
}

function leftBy(entity: Wanted, compared: Exclude<Comparison, { outcome: 'equal' }>): Left {
  const { key } = entity;
  if (compared.outcome === 'different') return { key, why: 'different', reason: whereTheyDiffer(compared) };
  if (compared.outcome === 'unavailable') return { key, why: 'failed', reason: compared.reason };
  return busy(entity);
}

/** The first difference, for people. */
export function whereTheyDiffer({ differences }: Extract<Comparison, { outcome: 'different' }>): string {
  const [first] = differences;
  return `the two backends differ at ${first?.place} of ${first?.route}`;
}

const busy = ({ key }: Wanted): Left => ({ key, why: 'busy', reason: 'it is being written to' });

function split(
  all: readonly Wanted[],
  fits: (entity: Wanted) => boolean,
  otherwise: (entity: Wanted) => Left,
): [Wanted[], Left[]] {
  return [all.filter(fits), all.filter((entity) => !fits(entity)).map(otherwise)];
}

/** All of them in one transaction; if that fails, each by itself, so that a failing entity does not fail the rest of its batch. */
async function install(
  wanted: readonly Wanted[],
  noted: ReadonlyMap<string, KeyState>,
  source: SyncSource,
  options: BringOptions,
): Promise<{ done: Wanted[]; failed: Left[] }> {
  const { names, kind, signal } = options;
  if (wanted.length === 0) return { done: [], failed: [] };
  const legacyIds = wanted.map(({ id }) => names.ids.legacyOf(kind, id));
  try {
    const snapshots = await unlessAborted(source.snapshots(legacyIds, signal), signal);
    const faults = wanted.flatMap(({ key, id }): Left[] => {
      const fault = snapshots.get(names.ids.legacyOf(kind, id));
      return fault instanceof Error ? [{ key, why: 'failed', reason: fault.message }] : [];
    });
    const readable = wanted.filter(({ key }) => !faults.some((fault) => fault.key === key));
    const installed = await installAll(readable, noted, snapshots, source, options);
    const [done, disturbed] = split(readable, ({ key }) => installed.has(key), busy);
    return { done, failed: [...faults, ...disturbed] };
  } catch (error) {
    signal.throwIfAborted();
    const [only] = wanted;
    if (wanted.length === 1 && only)
      return { done: [], failed: [{ key: only.key, why: 'failed', reason: messageOf(error) }] };
    const each = [];
    for (const entity of wanted) each.push(await install([entity], noted, source, options));
    return { done: each.flatMap(({ done }) => done), failed: each.flatMap(({ failed }) => failed) };
  }
}

/** A source that is slow to stop does not keep the gateway from closing. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** @returns the keys that were installed: nothing had touched them since they were noted */
async function installAll(
  wanted: readonly Wanted[],
  noted: ReadonlyMap<string, KeyState>,
  snapshots: ReadonlyMap<string, unknown>,
  source: SyncSource,
  { journal, names, kind }: BringOptions,
): Promise<Set<string>> {
  const { quiet, covered } = await fenced(await journal.db(), journal.fence, async (tx) => {
    const quiet = await lockQuiet(tx, statesOf(wanted, noted));
    for (const { key, id } of wanted)
      if (quiet.has(key))
        await source.install(tx, id, snapshots.get(names.ids.legacyOf(kind, id)), publicNames(names, key));
    return { quiet, covered: await coverEntries(tx, [...quiet]) };
  });
  for (const id of covered) journal.lag.gone(id);
  return quiet;
}

const publicNames = ({ times }: Names, key: string): PublicNames => ({
  publicTime(field, value) {
    const shown = times.legacy.publicOf(key, field, value);
    return shown === value ? undefined : shown;
  },
});

const statesOf = (wanted: readonly Wanted[], noted: ReadonlyMap<string, KeyState>): KeyState[] =>
  wanted.flatMap(({ key }) => noted.get(key) ?? []);

/** How many entities are compared at once. */
const atOnce = 4;

async function compareAll(
  wanted: readonly Wanted[],
  { kind, comparing, signal }: BringOptions,
): Promise<{ entity: Wanted; compared: Comparison }[]> {
  const results: { entity: Wanted; compared: Comparison }[] = [];
  const queue = wanted.values();
  const work = async () => {
    for (const entity of queue) {
      signal.throwIfAborted();
      results.push({ entity, compared: await compareKey({ kind, id: entity.id }, comparing) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/** @returns the keys that are known from now on */
async function makeKnown(
  equal: readonly Wanted[],
  noted: ReadonlyMap<string, KeyState>,
  journal: Journal,
): Promise<Set<string>> {
  if (equal.length === 0) return new Set();
  const known = await fenced(await journal.db(), journal.fence, async (tx) => {
    const quiet = await lockQuiet(tx, statesOf(equal, noted));
    await markKnown(tx, [...quiet]);
    return quiet;
  });
  for (const key of known) journal.knowledge.learned(key);
  await pass('synced', '');
  return known;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
