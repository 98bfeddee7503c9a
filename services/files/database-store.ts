/** Files in PostgreSQL, for backends whose processes share no folder. In pieces: no file is ever whole in memory. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { secondsAgo } from '../db/seconds-ago.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import {
  FileMissingError,
  type FileStore,
  type FileWriter,
  type LocalFile,
  type StoredFile,
} from './file-store.ts';

const pieceSize = 512 * 1024;
/** Seconds without a piece after which an upload is taken for dead. */
const abandoned = 3600;
/** How many hashes `keep` is asked for at once. */
const sweptAtOnce = 500;

/** @param scratchFolder where opened files are copied to; the system's folder for such things unless told */
export function databaseStore(db: Db, scratchFolder: string = tmpdir()): FileStore {
  return {
    begin: async () => new DatabaseWriter(db),
    open: (sha256) => copyOut(db, sha256, scratchFolder),
    remove: (sha256) => remove(db, [sha256], 0).then(() => {}),
    sweep: (grace, keep) => sweep(db, grace, keep),
    close: async () => {},
  };
}

class DatabaseWriter implements FileWriter {
  readonly #db: Db;
  readonly #id = randomUUID();
  readonly #hash = createHash('sha256');
  readonly #piece = Buffer.allocUnsafe(pieceSize);
  #filled = 0;
  #pieces = 0;
  #size = 0;

  constructor(db: Db) {
    this.#db = db;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceSize - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === pieceSize) await this.#store();
    }
  }

  async finish(): Promise<StoredFile> {
    if (this.#filled > 0 || this.#pieces === 0) await this.#store();
    const file = { sha256: this.#hash.digest('hex'), size: this.#size };
    await inTransaction(this.#db, async (tx) => {
      const { content_id } = await tx
        .insertInto('files')
        .values({ ...file, content_id: this.#id })
        // It was wanted again, and a sweep that is at it right now has to see that.
        .onConflict((conflict) =>
          conflict.column('sha256').doUpdateSet({ stored_at: sql`clock_timestamp()` as never }),
        )
        .returning('content_id')
        .executeTakeFirstOrThrow();
      if (content_id !== this.#id) await tx.deleteFrom('file_contents').where('id', '=', this.#id).execute();
    });
    return file;
  }

  async discard(): Promise<void> {
    await unowned(this.#db).where('c.id', '=', this.#id).execute();
  }

  async #store(): Promise<void> {
    const bytes = Buffer.from(this.#piece.subarray(0, this.#filled));
    const piece = { content_id: this.#id, number: this.#pieces, bytes };
    await inTransaction(this.#db, async (tx) => {
      await tx
        .insertInto('file_contents')
        .values({ id: this.#id })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({ written_at: sql`clock_timestamp()` as never }),
        )
        .execute();
      await tx.insertInto('file_pieces').values(piece).execute();
    });
    this.#pieces++;
    this.#filled = 0;
  }
}

async function copyOut(db: Db, sha256: string, scratchFolder: string): Promise<LocalFile> {
  const found = await db
    .selectFrom('files')
    .select(['content_id', 'size'])
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  if (!found) throw new FileMissingError(sha256);
  const folder = await mkdtemp(join(scratchFolder, 'file-'));
  const release = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, sha256);
    await using file = await open(path, 'wx', 0o600);
    let size = 0;
    for await (const bytes of piecesOf(db, found.content_id)) {
      await file.writeFile(bytes);
      size += bytes.length;
    }
    // It was removed meanwhile.
    if (size !== Number(found.size)) throw new FileMissingError(sha256);
    return { path, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function* piecesOf(db: Db, content: string): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number++) {
    const piece = await db
      .selectFrom('file_pieces')
      .select('bytes')
      .where('content_id', '=', content)
      .where('number', '=', number)
      .executeTakeFirst();
    if (!piece) return;
    yield piece.bytes;
  }
}

async function sweep(
  db: Db,
  grace: number,
  keep: (hashes: string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  let swept = 0;
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('files')
      .select('sha256')
      .where('stored_at', '<=', secondsAgo(grace))
      .where('sha256', '>', after)
      .orderBy('sha256')
      .limit(sweptAtOnce)
      .execute();
    const hashes = rows.map(({ sha256 }) => sha256);
    const last = hashes.at(-1);
    if (last === undefined) break;
    const kept = await keep(hashes);
    const gone = hashes.filter((sha256) => !kept.has(sha256));
    swept += await remove(db, gone, grace);
    after = last;
  }
  await unowned(db)
    .where('c.written_at', '<=', secondsAgo(Math.max(grace, abandoned)))
    .execute();
  return swept;
}

/** Contents that are no file's. */
const unowned = (db: Db) =>
  db
    .deleteFrom('file_contents as c')
    .where((w) =>
      w.not(w.exists(w.selectFrom('files as f').select('f.sha256').whereRef('f.content_id', '=', 'c.id'))),
    );

/** Those that were not stored again meanwhile. @returns how many */
function remove(db: Db, hashes: readonly string[], grace: number): Promise<number> {
  if (hashes.length === 0) return Promise.resolve(0);
  return inTransaction(db, async (tx) => {
    const gone = await tx
      .deleteFrom('files')
      .where('sha256', 'in', hashes)
      .where('stored_at', '<=', secondsAgo(grace))
      .returning('content_id')
      .execute();
    const contents = gone.map(({ content_id }) => content_id);
    if (contents.length > 0) await tx.deleteFrom('file_contents').where('id', 'in', contents).execute();
    return contents.length;
  });
}
