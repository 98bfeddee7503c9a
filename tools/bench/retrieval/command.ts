/** `npm run bench -- retrieval` */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { Command, InvalidArgumentError } from 'commander';
import { sql } from 'kysely';
import { openDatabase } from '../../../migrations/open.ts';
import type { Db } from '../../../services/db/transaction.ts';
import { miniLmModel } from '../../../services/rag/embeddings/mini-lm.ts';
import { table } from '../table.ts';
import { fillChat, someQuestions } from './corpus.ts';
import { chroma, exact, hnsw, type Measured, recall } from './stores.ts';

interface Options {
  sizes: number[];
  questions: number;
  forms: string[];
  stores: string[];
}

export function retrievalCommand(): Command {
  return new Command('retrieval')
    .description('the nearest 15 of a chat: exact search, HNSW and legacy’s Chroma on one corpus')
    .option(
      '--sizes <n,…>',
      'chunks of the chat; another chat of the same size is beside it',
      numbers,
      [1000, 10_000, 100_000],
    )
    .option('--questions <n>', 'questions to each', (text) => numbers(text)[0] ?? 0, 100)
    .option('--forms <names>', 'of the database', names, ['PGlite', 'PostgreSQL'])
    .option('--stores <names>', 'besides exact search: hnsw, chroma', names, ['hnsw', 'chroma'])
    .action(async (options: Options) => {
      const rows: string[][] = [];
      for (const form of options.forms)
        for (const size of options.sizes)
          await withDatabase(form, async (db) => void rows.push(...(await measure(db, form, size, options))));
      const head = ['', 'fastest ms', 'median ms', 'p99 ms', 'to exact', 'recall', 'build s', 'MB more'];
      process.stdout.write(`${table(head, rows)}\n`);
    });
}

/** A fresh one each time: what another size left behind would count. */
async function withDatabase(form: string, work: (db: Db) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const server = form === 'PostgreSQL' ? await startPostgres() : undefined;
  try {
    const place = server
      ? { url: await server.createDatabase('bench') }
      : { folder: join(folder, 'database') };
    const db = await openDatabase(place, miniLmModel);
    try {
      await work(db);
    } finally {
      await db.destroy();
    }
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  db: Db,
  form: string,
  size: number,
  { questions: count, stores }: Options,
): Promise<string[][]> {
  const progress = (text: string) => process.stderr.write(`${form}, ${size} chunks: ${text}\n`);
  progress('filling');
  const chat = await fillChat(db, size);
  await fillChat(db, size);
  await sql`analyze`.execute(db);
  const questions = await someQuestions(db, count);
  // Once unmeasured: what is read for the first time comes from the disk.
  await exact(db, chat, questions.slice(0, 5));
  progress('exact search');
  const reference = await exact(db, chat, questions);
  const all: [string, Measured][] = [['exact', reference]];
  for (const [name, run] of [
    ['hnsw', hnsw],
    ['chroma', chroma],
  ] as const)
    if (stores.includes(name)) {
      progress(name);
      all.push([name, await run(db, chat, questions)]);
    }
  return all.map(([name, measured]) => [`${form}, ${size} chunks: ${name}`, ...cells(measured, reference)]);
}

function cells({ times, found, build, bytes }: Measured, reference: Measured): string[] {
  const at = (all: number[], share: number) =>
    all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) * share)] ?? 0;
  return [
    // What others do on the machine shows in all of these but the first.
    at(times, 0).toFixed(2),
    at(times, 0.5).toFixed(2),
    at(times, 0.99).toFixed(2),
    (at(times, 0.5) / at(reference.times, 0.5)).toFixed(2),
    recall(found, reference.found).toFixed(3),
    build === undefined ? '' : (build / 1000).toFixed(1),
    bytes === undefined ? '' : (bytes / 1024 ** 2).toFixed(0),
  ];
}

const names = (text: string) => text.split(',').filter(Boolean);

function numbers(text: string): number[] {
  return names(text).map((each) => {
    const number = Number(each);
    if (!Number.isInteger(number) || number < 1)
      throw new InvalidArgumentError('must be whole numbers from 1');
    return number;
  });
}
