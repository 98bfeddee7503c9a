/**
 * `node tools/bench/import.ts [CHATS [MESSAGES]]`: how long an import of so many chats of so many messages takes (10,000 of 20), into
 * an embedded database and into a PostgreSQL server, and how long it takes to see that nothing is left to do.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { importInto } from '../../migrations/import/import-into.ts';
import { writeManyChats } from '../../migrations/import/testing/legacy-files.ts';

const [chats = 10_000, messages = 20] = process.argv.slice(2).map(Number);
const parent = await mkdtemp(join(tmpdir(), 'bench-import-'));
const server = await startPostgres();
try {
  const folder = join(parent, 'legacy');
  await writeManyChats(folder, chats, messages);
  await measure('PGlite', { folder: join(parent, 'database') }, folder);
  await measure('PostgreSQL', { url: await server.createDatabase('bench') }, folder);
} finally {
  await server.stop();
  await rm(parent, { recursive: true, force: true });
}

async function measure(form: string, place: DatabasePlace, folder: string): Promise<void> {
  for (const what of ['imported', 'imported again']) {
    const report = await importInto(place, {
      folder,
      workFolder: join(parent, 'work'),
      dryRun: false,
      // There is no Chroma folder.
      python: () => Promise.reject(new Error('nobody asks for it')),
      keep: { deletedPdfs: true, deletedChats: true },
    });
    if (report.verified?.faults.length !== 0) throw new Error(`${form} has other than what was read`);
    const seconds = (report.took / 1000).toFixed(1).padStart(8);
    console.log(`${`${form}: ${chats} chats of ${messages} messages ${what}`.padEnd(64)}${seconds} s`);
  }
}
