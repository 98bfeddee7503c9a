/** Reads single collections of a Chroma folder, as they are now, while the legacy app writes to it. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Collection } from '../import/chroma/chroma.ts';
import { ChromaError, chromaProcess } from '../import/chroma/process.ts';
import { addPage, type ChromaRecords, noRecords, type RecordsPage } from '../import/chroma/records.ts';
import { ImportError } from '../import/import-error.ts';

/** Records with their ages. */
export interface LiveRecords extends ChromaRecords {
  /** Seconds since each record was added. */
  ages: number[];
}

export interface LiveChroma {
  /** Those of these names that exist; all of them if no names are given. */
  collections(names?: readonly string[]): Promise<Collection[]>;
  /** No records if the collection does not exist any more. @throws ImportError if it cannot be read; others may be readable */
  read(name: string): Promise<LiveRecords>;
  close(): Promise<void>;
}

const limit = 500;

/**
 * Starts one Python process at the first question and keeps it.
 * @param folder the folder that holds `chroma.sqlite3`, if it exists yet. It is only read.
 */
export function liveChroma(folder: string, python: () => Promise<string>): LiveChroma {
  let process: Promise<Awaited<ReturnType<typeof start>>> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const exists = () => existsSync(join(folder, 'chroma.sqlite3'));
  const ask = async (request: object) => {
    process ??= start(folder, python);
    return (await process).ask(request);
  };
  /** The process holds one reading at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  return {
    async collections(names) {
      if (!exists()) return [];
      const found = inTurn(() => ask({ collections: names ?? null }));
      return found.catch((error: unknown) => refuse('The Chroma folder', error)) as Promise<Collection[]>;
    },
    async read(name) {
      if (!exists()) return { ...noRecords(), ages: [] };
      return inTurn(() => readAll(name, ask)).catch((error: unknown) =>
        refuse(`Chroma's collection ${name}`, error),
      );
    },
    async close() {
      await (await process?.catch(() => {}))?.close();
    },
  };
}

async function start(folder: string, python: () => Promise<string>) {
  const interpreter = await python();
  const work = await mkdtemp(join(tmpdir(), 'banyan-sync-'));
  const reader = chromaProcess(interpreter, join(import.meta.dirname, 'live.py'), [folder, work]);
  return {
    ask: reader.ask,
    async close() {
      await reader.close();
      await rm(work, { recursive: true, force: true });
    },
  };
}

async function readAll(name: string, ask: (request: object) => Promise<unknown>): Promise<LiveRecords> {
  const all = { ...noRecords(), ages: [] as number[] };
  for (;;) {
    const page = (await ask({ read: name, offset: all.ids.length, limit })) as RecordsPage & {
      ages: number[];
    };
    if (!addPage(all, page)) return all;
    all.ages.push(...page.ages);
    if (page.ids.length < limit) return all;
  }
}

function refuse(what: string, error: unknown): never {
  if (!(error instanceof ChromaError)) throw error;
  throw new ImportError(`${what} cannot be read: ${error.message}.`, {
    advice:
      'Look whether the legacy app itself answers from it; what legacy cannot read either has to be uploaded anew.',
    cause: error,
  });
}
