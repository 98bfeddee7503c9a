/**
 * Dumps of an empty PGlite with its tables. Making one takes seconds, restoring it a fraction of one, so it is kept in the
 * temp folder under a name that says what it was made from.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Extensions, PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';

export interface DumpOptions {
  /** For people who look into the temp folder. */
  name: string;
  /** Folders of migrations, and what else decides what is in the dump. */
  folders: readonly string[];
  files: readonly string[];
  extensions?: Extensions;
  migrate(db: Kysely<unknown>): Promise<unknown>;
}

const packages = ['pglite', 'pglite-pgvector'].map((name) =>
  join(import.meta.dirname, '../../../node_modules/@electric-sql', name, 'package.json'),
);

/** @returns what gives the dump; it is made once in a process, however many ask for it */
export function keptDump(options: DumpOptions): () => Promise<Blob> {
  let making: Promise<Blob> | undefined;
  return () => {
    making ??= keptOrMade(options);
    return making;
  };
}

async function keptOrMade(options: DumpOptions): Promise<Blob> {
  // Nobody else's folder: what is in it is run as a database.
  const folder = join(tmpdir(), `banyan-test-${process.getuid?.() ?? 'user'}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${options.name}-${await madeFrom(options)}.tar`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept) return new Blob([kept]);
  const dump = await make(options);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, dump);
  await rename(draft, file);
  return new Blob([dump]);
}

async function madeFrom({ folders, files }: DumpOptions): Promise<string> {
  const hash = createHash('sha256');
  const own = [...files, ...packages, import.meta.filename];
  for (const folder of folders)
    own.push(
      ...(await readdir(folder))
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .sort()
        .map((name) => join(folder, name)),
    );
  for (const file of own) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

async function make({ extensions = {}, migrate }: DumpOptions): Promise<Uint8Array<ArrayBuffer>> {
  const pglite = await PGlite.create({ extensions });
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) });
  try {
    await migrate(db);
    return new Uint8Array(await (await pglite.dumpDataDir('none')).arrayBuffer());
  } finally {
    await db.destroy();
  }
}
