/**
 * `node tools/bench/database.ts [CHUNKS…]`: what the database layer takes on this machine, in a PGlite folder and on a real
 * PostgreSQL: opening, a write, the list of 1,000 chats, staging and searching chunks. Milliseconds: median and 99th percentile.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { sql } from 'kysely';
import { openDatabase } from '../../migrations/open.ts';
import { createChat, listChats } from '../../services/chats/store.ts';
import type { Db } from '../../services/db/transaction.ts';
import { nearestChunks } from '../../services/documents/search.ts';
import { type Claim, claimJob } from '../../services/jobs/claim.ts';
import { publish, stageChunks } from '../../services/jobs/publish.ts';
import { insertJob } from '../../services/jobs/store.ts';
import type { NewChunk } from '../../services/rows/chunks.ts';

const model = { id: 'all-MiniLM-L6-v2', dimension: 384 };
const time = '2026-01-31T09:15:00.123456Z';
const sizes = process.argv.slice(2).map(Number);

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const server = await startPostgres();
try {
  const place = { folder: join(folder, 'database') };
  const first = await timed('PGlite: first opening, with migration', () => openDatabase(place, model));
  await first.destroy();
  const pglite = await timed('PGlite: opening again', () => openDatabase(place, model));
  await measure('PGlite', pglite);
  await pglite.destroy();
  const full = await timed('PGlite: opening again, with data', () => openDatabase(place, model));
  await full.destroy();
  const url = await server.createDatabase('bench');
  const postgres = await timed('PostgreSQL: first opening, with migration', () =>
    openDatabase({ url }, model),
  );
  await measure('PostgreSQL', postgres);
  await postgres.destroy();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(form: string, db: Db): Promise<void> {
  const create = (id: string) => createChat(db, { id, createdAt: time, updatedAt: time });
  await repeated(`${form}: a chat created`, 200, () => create(randomUUID()));
  while ((await listChats(db)).length < 1000) await Promise.all([1, 2, 3, 4].map(() => create(randomUUID())));
  await repeated(`${form}: 1,000 chats listed`, 50, () => listChats(db));
  for (const size of sizes.length ? sizes : [1000, 10_000]) await measureSearch(form, db, size);
}

/** Documents of 2,000 chunks at most, in one chat; another chat of the same size is beside it. */
async function measureSearch(form: string, db: Db, size: number): Promise<void> {
  const [chat, other] = [randomUUID(), randomUUID()];
  const stages: number[] = [];
  const publications: number[] = [];
  for (const chatId of [chat, other]) {
    await createChat(db, { id: chatId, createdAt: time, updatedAt: time });
    for (let left = size; left > 0; left -= 2000) {
      const claim = await claimed(db, chatId);
      const count = Math.min(left, 2000);
      for (let first = 0; first < count; first += 100)
        stages.push(await taken(() => stageChunks(db, claim, { first, chunks: someChunks(100) })));
      const ends = { uploadedAt: time, updatedAt: time, finishedAt: time };
      publications.push(await taken(() => publish(db, claim, { chunkCount: count, ...ends })));
    }
  }
  print(`${form}: 100 chunks staged`, stages);
  print(`${form}: a document of ${Math.min(size, 2000)} chunks published`, publications);
  const search = () => nearestChunks(db, { chatId: chat, vector: someVector(), limit: 15 });
  await repeated(`${form}: the nearest 15 of ${size}, before ANALYZE`, 30, search);
  await sql`analyze`.execute(db);
  await repeated(`${form}: the nearest 15 of ${size}`, 30, search);
}

async function claimed(db: Db, chatId: string): Promise<Claim> {
  const claim = { jobId: randomUUID(), token: randomUUID() };
  const upload = { documentId: randomUUID(), chatId, filename: 'a.pdf', sha256: '', startedAt: time };
  await insertJob(db, { id: claim.jobId, ...upload });
  await claimJob(db, { ...claim, attempt: 1 });
  return claim;
}

function metadata(): NewChunk['metadata'] {
  return { doc_id: randomUUID(), doc_type: 'pdf', page: '1', source: 'a.pdf', type: 'text' };
}
function someChunks(count: number): NewChunk[] {
  const text = 'word '.repeat(200);
  return Array.from({ length: count }, () => ({ text, metadata: metadata(), embedding: someVector() }));
}

function someVector(): Float32Array {
  const numbers = Float32Array.from({ length: 384 }, () => Math.random() - 0.5);
  const length = Math.hypot(...numbers);
  return numbers.map((number) => number / length);
}

async function taken(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  print(what, [performance.now() - begun]);
  return result;
}

async function repeated(what: string, times: number, work: () => Promise<unknown>): Promise<void> {
  const all: number[] = [];
  for (let n = 0; n < times; n++) all.push(await taken(work));
  print(what, all);
}

function print(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1).padStart(9);
  console.log(`${what.padEnd(56)}${at(0.5)}${sorted.length > 1 ? at(0.99) : ''}`);
}
