/**
 * A dump of an empty, migrated PGlite. Making one takes seconds, restoring it a fraction of one, so it is kept in the temp
 * folder under a name that says what it was made from.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { Kysely, PGliteDialect } from 'kysely';
import { migrate } from '../migrate.ts';
import type { Database } from '../schema.ts';

const root = join(import.meta.dirname, '../../..');

let making: Promise<Blob> | undefined;

/** Made once in a process, however many ask for it. */
export function emptyPGlite(): Promise<Blob> {
  making ??= keptOrMade();
  return making;
}

async function keptOrMade(): Promise<Blob> {
  // Nobody else's folder: what is in it is run as a database.
  const folder = join(tmpdir(), `banyan-test-${process.getuid?.() ?? 'user'}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `pglite-${await madeFrom()}.tar`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept) return new Blob([kept]);
  const dump = await make();
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, dump);
  await rename(draft, file);
  return new Blob([dump]);
}

async function madeFrom(): Promise<string> {
  const hash = createHash('sha256');
  const migrations = join(root, 'migrations');
  const files = (await readdir(migrations)).filter((name) => /^\d.*\.ts$|^index\.ts$/.test(name)).sort();
  const packages = ['pglite', 'pglite-pgvector'].map((name) =>
    join(root, 'node_modules/@electric-sql', name, 'package.json'),
  );
  const code = [join(import.meta.dirname, '../migrate.ts'), import.meta.filename];
  for (const file of [...files.map((name) => join(migrations, name)), ...packages, ...code])
    hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

async function make(): Promise<Uint8Array<ArrayBuffer>> {
  const pglite = await PGlite.create({ extensions: { vector } });
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) });
  try {
    await migrate(db);
    return new Uint8Array(await (await pglite.dumpDataDir('none')).arrayBuffer());
  } finally {
    await db.destroy();
  }
}
