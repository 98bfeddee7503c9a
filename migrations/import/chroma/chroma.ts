/** Reads a Chroma folder, by the library of the legacy app's own Python. */
import { join } from 'node:path';
import { ImportError } from '../import-error.ts';
import { ChromaError, type ChromaProcess, chromaProcess } from './process.ts';
import { addPage, type ChromaRecords, noRecords, type RecordsPage, toFloats } from './records.ts';

export interface Collection {
  name: string;
  /** Null where nothing was ever added. */
  dimension: number | null;
  count: number;
}

export interface Neighbours {
  vector: Float32Array;
  /** Chroma's answer, the nearest first. */
  found: [document: string | null, metadata: Record<string, unknown> | null, distance: number][];
}

export interface ChromaReader {
  readonly collections: readonly Collection[];
  /** @throws ChromaError where Chroma cannot read it; the next one may well be read */
  read(collection: Collection): Promise<ChromaRecords>;
  /** Asks Chroma for the nearest `limit` of as many vectors, stored ones and others: the same each time. */
  neighbours(name: string, options: { seed: number; vectors: number; limit: number }): Promise<Neighbours[]>;
  close(): Promise<void>;
}

export interface ChromaOptions {
  /** The folder that holds `chroma.sqlite3`. It is only read, and may be in use. */
  folder: string;
  /** Where a copy of it goes; made anew. */
  copy: string;
  /** Interpreter of the legacy app's environment. */
  python: string;
}

const page = 500;

/** Takes a copy of the folder, as it is now, and opens it. */
export async function openChroma({ folder, copy, python }: ChromaOptions): Promise<ChromaReader> {
  const process = chromaProcess(python, join(import.meta.dirname, 'chroma.py'), [copy]);
  try {
    await process.ask({ copy: folder });
    const collections = (await process.ask({ collections: true })) as Collection[];
    return {
      collections,
      read: (collection) => readAll(process, collection),
      neighbours: async (name, options) => {
        const found = (await process.ask({ neighbours: name, ...options })) as {
          vector: string;
          found: Neighbours['found'];
        }[];
        return found.map((each) => ({ ...each, vector: toFloats(each.vector) }));
      },
      close: () => process.close(),
    };
  } catch (error) {
    await process.close();
    if (!(error instanceof ChromaError)) throw error;
    throw new ImportError(`The Chroma folder ${folder} cannot be read: ${error.message}.`, {
      advice: 'Nothing was imported. Look whether the legacy app itself starts with it.',
      cause: error,
    });
  }
}

async function readAll(process: ChromaProcess, { name, count }: Collection): Promise<ChromaRecords> {
  const all = noRecords();
  while (all.ids.length < count) {
    const some = await process.ask({ get: name, offset: all.ids.length, limit: page });
    if (!addPage(all, some as RecordsPage)) break;
  }
  if (all.ids.length < count) throw new ChromaError(`it gives ${all.ids.length} of ${count} records`);
  return all;
}
