/** Reads a Chroma folder, by the library of the legacy app's own Python. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ImportError } from '../import-error.ts';

export interface Collection {
  name: string;
  /** Null where nothing was ever added. */
  dimension: number | null;
  count: number;
}

/** Records in the order in which they were added. */
export interface ChromaRecords {
  ids: string[];
  documents: (string | null)[];
  metadatas: (Record<string, unknown> | null)[];
  embeddings: Float32Array[];
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

/** Chroma cannot do it. */
export class ChromaError extends Error {
  override name = 'ChromaError';
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
  const process = chromaProcess(python, copy);
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
  const all: ChromaRecords = { ids: [], documents: [], metadatas: [], embeddings: [] };
  while (all.ids.length < count) {
    const some = (await process.ask({ get: name, offset: all.ids.length, limit: page })) as Omit<
      ChromaRecords,
      'embeddings'
    > & { embeddings: string };
    if (some.ids.length === 0) break;
    const floats = toFloats(some.embeddings);
    const dimension = floats.length / some.ids.length;
    all.ids.push(...some.ids);
    all.documents.push(...some.documents);
    all.metadatas.push(...some.metadatas);
    for (let at = 0; at < floats.length; at += dimension)
      all.embeddings.push(floats.subarray(at, at + dimension));
  }
  if (all.ids.length < count) throw new ChromaError(`it gives ${all.ids.length} of ${count} records`);
  return all;
}

function toFloats(base64: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
}

interface ChromaProcess {
  /** @throws ChromaError with what Chroma said; a process that dies of it is replaced at the next question */
  ask(request: object): Promise<unknown>;
  close(): Promise<void>;
}

function chromaProcess(python: string, copy: string): ChromaProcess {
  let running:
    | { child: ChildProcess; waiting: PromiseWithResolvers<string>[]; ended: Promise<unknown> }
    | undefined;
  const start = () => {
    const child = spawn(python, [join(import.meta.dirname, 'chroma.py'), copy], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
    });
    const waiting: PromiseWithResolvers<string>[] = [];
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-1000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
    child.stdin.on('error', () => {});
    const fail = (why: string) => {
      running = undefined;
      for (const { reject } of waiting.splice(0)) reject(new ChromaError(why));
    };
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      const last = said.trim().split('\n').at(-1) ?? '';
      fail(`Chroma's process ended with ${signal ?? `code ${code}`}${last && `: ${last}`}`);
    });
    return { child, waiting, ended: once(child, 'close').catch(() => {}) };
  };
  return {
    async ask(request) {
      running ??= start();
      const { child, waiting } = running;
      const line = Promise.withResolvers<string>();
      waiting.push(line);
      child.stdin?.write(`${JSON.stringify(request)}\n`);
      const answer = JSON.parse(await line.promise) as { error?: string } | unknown[];
      if (!Array.isArray(answer) && answer.error !== undefined) throw new ChromaError(answer.error);
      return answer;
    },
    async close() {
      if (!running) return;
      const { child, ended } = running;
      child.kill();
      await ended;
    },
  };
}
