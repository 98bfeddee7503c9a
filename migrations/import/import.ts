/**
 * The one-time import: the legacy app's files into the new backend's database. It may be repeated: what is there stays, what
 * was broken off goes on, what legacy has changed since is brought up to date unless it was changed here too.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLock } from '@banyan/operations/processes/lock.mjs';
import { sql } from 'kysely';
import { OtherModelError } from '../../services/db/embedding-model.ts';
import { SCHEMA } from '../../services/db/schema.ts';
import { fromStored } from '../../services/db/text.ts';
import type { Db } from '../../services/db/transaction.ts';
import { storedChatId } from '../../services/rows/chat-id.ts';
import { type ChromaReader, openChroma } from './chroma/chroma.ts';
import { ImportError } from './import-error.ts';
import { type Counts, type ImportReport, type Note, nothing } from './report.ts';
import { type ImportedChat, type Keep, openSource, type Source } from './source/chats.ts';
import { legacyModel } from './source/documents.ts';
import { readList } from './source/read-list.ts';
import { type Expected, expectedOf } from './verify/expected.ts';
import { verify } from './verify/verify.ts';
import { type Decided, decide, writeBatch } from './write/batch.ts';
import { keepOrder } from './write/order.ts';

export interface ImportOptions {
  /** The legacy app's working directory: `chat_history.json`, `memory_*.json`, `chroma_db`. */
  folder: string;
  /**
   * The database, migrated. In a dry run it need not be, and undefined stands for one that does not exist yet.
   */
  db: Db | undefined;
  /** Where a copy of Chroma's folder is put meanwhile; one import at a time. */
  workFolder: string;
  /** Interpreter of the legacy app's environment; asked for where there is a Chroma folder. */
  python: () => Promise<string>;
  keep: Keep;
  dryRun: boolean;
  /** Told how far it is, in chats; often. */
  onProgress?: (progress: ImportProgress) => void;
  /**
   * About how many messages a statement may have; 2,000 unless told. A process that also answers requests from PGlite does
   * nothing else during a statement, and lets nobody else in during a transaction, which has ten.
   */
  rows?: number;
  /** Stops it between two transactions: what is there is whole, and the next import goes on. */
  signal?: AbortSignal | undefined;
}

export interface ImportProgress {
  stage: 'reading Chroma' | 'importing' | 'verifying';
  done: number;
  total: number;
}

const chromaFolder = 'chroma_db';
const seed = 1;
/** Chats whose neighbours are compared. */
const sample = 100;

/** @throws ImportError, OtherModelError, and whatever the database fails with */
export async function importLegacy(options: ImportOptions): Promise<ImportReport> {
  const begun = performance.now();
  await checkFolder(options.folder);
  if (options.db) await checkModel(options.db);
  const work = await takeWorkFolder(options);
  try {
    const chroma = await chromaOf(options, work.folder);
    try {
      return { ...(await run(options, chroma)), took: Math.round(performance.now() - begun) };
    } finally {
      await chroma?.close();
    }
  } finally {
    await work.release();
  }
}

/** A dry run leaves nothing behind, not even an empty folder, and disturbs no import. */
async function takeWorkFolder({ dryRun, workFolder }: ImportOptions) {
  const folder = dryRun ? await mkdtemp(join(tmpdir(), 'banyan-import-')) : workFolder;
  const lock = dryRun ? { release: () => {} } : takeLock(`${folder}.lock`);
  if ('heldBy' in lock)
    throw new ImportError(`Process ${lock.heldBy} is importing already.`, {
      advice: 'Wait until it is done, or stop it: an import can be repeated.',
    });
  const clear = () => rm(folder, { recursive: true, force: true });
  // What an import that was killed has left.
  await clear();
  return { folder, release: () => clear().finally(lock.release) };
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new ImportError(`There is no folder ${folder}.`, {
      advice: 'Name the working directory of the legacy app.',
    });
  if (!['chat_history.json', chromaFolder].some((name) => existsSync(join(folder, name))))
    throw new ImportError(`${folder} is not the working directory of a legacy app.`, {
      advice:
        'Name the folder that holds its chat_history.json and chroma_db; under `npm start` it is `legacy` in the data folder.',
    });
}

/** A gateway may have opened it for another model, among whose vectors legacy's would be found at random. */
async function checkModel(db: Db): Promise<void> {
  if (!(await hasTable(db, 'embedding_model'))) return;
  const stored = await db.selectFrom('embedding_model').select(['id', 'dimension']).executeTakeFirst();
  if (stored && (stored.id !== legacyModel.id || stored.dimension !== legacyModel.dimension))
    throw new OtherModelError(stored, legacyModel);
}

async function chromaOf(
  { folder, python, onProgress }: ImportOptions,
  copy: string,
): Promise<ChromaReader | undefined> {
  const chroma = join(folder, chromaFolder);
  if (!existsSync(join(chroma, 'chroma.sqlite3'))) return undefined;
  onProgress?.({ stage: 'reading Chroma', done: 0, total: 0 });
  return openChroma({ folder: chroma, copy, python: await python() });
}

async function run(
  options: ImportOptions,
  chroma: ChromaReader | undefined,
): Promise<Omit<ImportReport, 'took'>> {
  const { folder, keep, db, dryRun } = options;
  const notes: Note[] = [];
  const source = await openSource({
    folder,
    readList,
    keep,
    chroma,
    note: (note) => notes.push(note),
  });
  const done = { brought: 0, updated: 0, alreadyHere: 0, kept: 0 };
  const total = nothing();
  const expected: Expected[] = [];
  const seen = new Set<string>();
  for await (const decided of decisions(options, source))
    for (const { chat, decision, unchanged } of decided) {
      seen.add(storedChatId(chat.id));
      add(total, chat);
      if (unchanged) expected.push(expectedOf(chat));
      if (decision === 'bring') done.brought++;
      else if (decision === 'update') done.updated++;
      else if (decision === 'same') done.alreadyHere++;
      else {
        done.kept++;
        notes.push({ kind: decision, about: chat.id, detail: chat.title });
      }
    }
  if (db && (await hasTable(db, 'imported_chats'))) await noteGone(db, seen, notes);
  if (dryRun || !db) return { dryRun, source: total, done, notes };
  await keepOrder(db, source.listed);
  options.onProgress?.({ stage: 'verifying', done: source.total, total: source.total });
  // PGlite has nobody who would do it by itself.
  await sql`analyze`.execute(db);
  const verified = await verify(db, { expected, listed: source.listed, chroma, seed, sample });
  return { dryRun, source: total, done, notes, verified };
}

/** What was done with each chat, batch by batch; in a dry run what would be done. */
async function* decisions(options: ImportOptions, source: Source): AsyncGenerator<Decided[]> {
  const { db, dryRun, onProgress, rows = 2000, signal } = options;
  const usable = !dryRun || (db !== undefined && (await hasTable(db, 'imported_chats')));
  let done = 0;
  for await (const batch of batches(source.chats(), rows * 10)) {
    signal?.throwIfAborted();
    if (!db || !usable) yield batch.map((chat) => ({ chat, decision: 'bring', unchanged: true }));
    else yield dryRun ? await decide(db, batch) : await writeBatch(db, batch, rows);
    done += batch.length;
    onProgress?.({ stage: 'importing', done, total: source.total });
  }
}

/** Chats together that weigh no more than `limit`, each chat whole. */
async function* batches(chats: AsyncIterable<ImportedChat>, limit: number): AsyncGenerator<ImportedChat[]> {
  let batch: ImportedChat[] = [];
  let weight = 0;
  for await (const chat of chats) {
    const more = weightOf(chat);
    if (batch.length > 0 && weight + more > limit) {
      yield batch;
      [batch, weight] = [[], 0];
    }
    batch.push(chat);
    weight += more;
  }
  if (batch.length > 0) yield batch;
}

/** In messages; a chunk takes as long as twenty. */
const weightOf = ({ messages, documents }: ImportedChat): number =>
  1 + messages.length + documents.reduce((sum, { chunks }) => sum + 1 + 20 * chunks.length, 0);

function add(total: Counts, { listed, messages, documents }: ImportedChat): void {
  total[listed ? 'chats' : 'unlisted']++;
  total.messages += messages.length;
  total.documents += documents.length;
  for (const { chunks } of documents) total.chunks += chunks.length;
}

/** A dry run leaves a database as it is, also one that was never migrated. */
async function hasTable(db: Db, name: string): Promise<boolean> {
  const table = `${SCHEMA}.${name}`;
  const { rows } = await sql<{ oid: string | null }>`select to_regclass(${table})::text as oid`.execute(db);
  return rows[0]?.oid != null;
}

async function noteGone(db: Db, seen: ReadonlySet<string>, notes: Note[]): Promise<void> {
  const rows = await db
    .selectFrom('imported_chats as i')
    .innerJoin('chats as c', 'c.id', 'i.chat_id')
    .select(['c.id', 'c.title'])
    .execute();
  for (const { id, title } of rows)
    if (!seen.has(id))
      notes.push({ kind: 'gone_from_legacy', about: fromStored(id), detail: fromStored(title) });
}
