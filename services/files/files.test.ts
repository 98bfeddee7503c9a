import { fork } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat } from '../db/testing/data.ts';
import type { Db } from '../db/transaction.ts';
import { insertJob } from '../jobs/store.ts';
import { databaseStore } from './database-store.ts';
import { openDirectoryStore } from './directory-store.ts';
import { FileMissingError, type FileStore, type StoredFile } from './file-store.ts';
import { referencedFiles } from './references.ts';

const megabyte = 1024 ** 2;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const nothing = async () => new Set<string>();

async function store(files: FileStore, bytes: Uint8Array, step = 64 * 1024): Promise<StoredFile> {
  const writer = await files.begin();
  for (let at = 0; at < bytes.length; at += step) await writer.write(bytes.subarray(at, at + step));
  return writer.finish();
}

async function read(files: FileStore, hash: string): Promise<Buffer> {
  const file = await files.open(hash);
  try {
    return await readFile(file.path);
  } finally {
    await file.release();
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Form {
  open(): Promise<FileStore>;
  /** Makes a file look as if it had been stored an hour ago. */
  age(hash: string): Promise<unknown>;
  /** What is kept, files and unfinished ones. */
  leftovers(): Promise<number>;
}

function behaves({ open, age, leftovers }: Form): void {
  it.each([
    ['an empty file', 0],
    ['one byte', 1],
    ['a piece exactly', 512 * 1024],
    ['a piece and a byte', 512 * 1024 + 1],
    ['several megabytes', 5 * megabyte + 17],
  ])('gives back %s as it came', async (_, size) => {
    const files = await open();
    const bytes = randomBytes(size);
    expect(await store(files, bytes, 100_003)).toEqual({ sha256: sha256(bytes), size });
    expect(bytes.equals(await read(files, sha256(bytes)))).toBe(true);
  });

  it('has a file that another process stored', async () => {
    const { sha256: hash } = await store(await open(), Buffer.from('here'));
    expect((await read(await open(), hash)).toString()).toBe('here');
  });

  it('keeps a file once, whoever stores it at the same time', async () => {
    const files = await open();
    const bytes = randomBytes(megabyte);
    const stored = await Promise.all([1, 2, 3].map(() => store(files, bytes)));
    expect(new Set(stored.map((one) => one.sha256)).size).toBe(1);
    expect(bytes.equals(await read(files, sha256(bytes)))).toBe(true);
    expect(await leftovers()).toBe(1);
  });

  it('keeps nothing of what was discarded, at any point', async () => {
    const files = await open();
    for (const size of [0, 10, 3 * megabyte]) {
      const writer = await files.begin();
      if (size) await writer.write(randomBytes(size));
      await writer.discard();
    }
    expect(await leftovers()).toBe(0);
  });

  it('lets the bytes be used again once they are written', async () => {
    const files = await open();
    const writer = await files.begin();
    const bytes = Buffer.from('first');
    await writer.write(bytes);
    bytes.fill(0);
    const { sha256: hash } = await writer.finish();
    expect((await read(files, hash)).toString()).toBe('first');
  });

  it('says which file is missing, and removes what is not there without a word', async () => {
    const files = await open();
    const { sha256: hash } = await store(files, Buffer.from('x'));
    await files.remove(hash);
    await files.remove(hash);
    await expect(files.open(hash)).rejects.toThrow(FileMissingError);
    await expect(files.open(hash)).rejects.toThrow(`The file store has no file ${hash}.`);
  });

  it('sweeps what nobody refers to, after the grace', async () => {
    const files = await open();
    const [old, fresh, needed] = await Promise.all(
      ['old', 'fresh', 'needed'].map((text) => store(files, Buffer.from(text))),
    );
    for (const { sha256: hash } of [old, needed] as StoredFile[]) await age(hash);
    const keep = async (hashes: string[]) => new Set(hashes.filter((hash) => hash === needed?.sha256));
    expect(await files.sweep(1800, keep)).toBe(1);
    await expect(files.open(old?.sha256 ?? '')).rejects.toThrow(FileMissingError);
    for (const { sha256: hash } of [fresh, needed] as StoredFile[]) await read(files, hash);
  });

  it('does not sweep a file that is stored again, not even while it is being looked at', async () => {
    const files = await open();
    const { sha256: hash } = await store(files, Buffer.from('again'));
    await age(hash);
    const storedMeanwhile = async () => {
      await store(files, Buffer.from('again'));
      return new Set<string>();
    };
    expect(await files.sweep(1800, storedMeanwhile)).toBe(0);
    expect((await read(files, hash)).toString()).toBe('again');
  });
}

describe('a folder', () => {
  const files = () => join(folder, 'files');
  behaves({
    open: () => openDirectoryStore(files()),
    age: (hash) => utimes(join(files(), hash.slice(0, 2), hash), 0, Date.now() / 1000 - 3600),
    leftovers: async () => {
      const entries = await readdir(files(), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).length;
    },
  });

  it('clears away at its start what a killed process had begun, and nothing of a living one', async () => {
    const child = fork(join(import.meta.dirname, 'testing/begin-main.ts'), [files()]);
    await once(child, 'message');
    const mine = await (await openDirectoryStore(files())).begin();
    expect(await readdir(join(files(), 'incoming'))).toHaveLength(2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await openDirectoryStore(files());
    expect(await readdir(join(files(), 'incoming'))).toHaveLength(1);
    await mine.write(Buffer.from('mine'));
    await mine.finish();
  });

  it('leaves files alone that are not its own', async () => {
    await mkdir(join(files(), 'ab'), { recursive: true });
    await writeFile(join(files(), 'ab', 'notes.txt'), 'x');
    await utimes(join(files(), 'ab', 'notes.txt'), 0, 0);
    expect(await (await openDirectoryStore(files())).sweep(0, nothing)).toBe(0);
    expect(await readdir(join(files(), 'ab'))).toEqual(['notes.txt']);
  });
});

onBothDatabases((database) => {
  const count = async (table: 'file_contents' | 'files') => {
    const { n } = await database.db
      .selectFrom(table)
      .select((e) => e.fn.countAll<string>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  beforeEach(() => clear(database.db));
  behaves({
    open: async () => databaseStore(database.db, folder),
    age: (hash) =>
      database.db
        .updateTable('files')
        .set({ stored_at: new Date(Date.now() - 3_600_000) })
        .where('sha256', '=', hash)
        .execute(),
    leftovers: () => count('file_contents'),
  });

  it('leaves no copy behind once it is released', async () => {
    const files = databaseStore(database.db, folder);
    const { sha256: hash } = await store(files, randomBytes(megabyte));
    const file = await files.open(hash);
    expect(await readdir(folder)).toHaveLength(1);
    await file.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('sweeps what a killed process had begun once it has been silent for an hour', async () => {
    const files = databaseStore(database.db, folder);
    const writer = await files.begin();
    await writer.write(randomBytes(megabyte));
    await files.sweep(0, nothing);
    expect(await count('file_contents')).toBe(1);
    await database.db
      .updateTable('file_contents')
      .set({ written_at: new Date(Date.now() - 3_700_000) })
      .execute();
    await files.sweep(0, nothing);
    expect(await count('file_contents')).toBe(0);
    await expect(writer.finish()).rejects.toThrow();
  });

  it('knows which files a document refers to', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const job = { id: randomUUID(), documentId: randomUUID(), chatId, filename: 'a.pdf', sha256: 'f00' };
    await insertJob(db, { ...job, startedAt: '2026-01-31T09:15:00.123456Z' });
    expect(await referencedFiles(db, ['f00', 'f01'])).toEqual(new Set(['f00']));
    expect(await referencedFiles(db, [])).toEqual(new Set());
  });
});

async function clear(db: Db): Promise<void> {
  await sql`truncate banyan.files, banyan.file_pieces, banyan.file_contents`.execute(db);
}
