/** Calls the legacy app's own retrieval, in its own Python. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setupFolder } from '../../ingestion/testing/setup.ts';

/** What legacy's `retrieve` finds. */
export interface LegacyFound {
  text: string;
  metadata: Record<string, string>;
  similarity: number;
}

export interface LegacyChunk {
  text: string;
  metadata: Record<string, string>;
}

/** A stored turn, as `ask_gemini` gets it. */
export interface LegacyTurn {
  role: 'user' | 'model';
  parts: [string | null];
}

export interface LegacyRetrieval {
  call(name: 'build_prompt', message: string, found: readonly LegacyFound[]): Promise<string>;
  call(name: 'build_sources', found: readonly LegacyFound[]): Promise<Record<string, unknown>[]>;
  call(name: 'retrieve', chatId: string, query: string): Promise<LegacyFound[]>;
  /** Embeds them and puts them into the chat's collection. */
  call(name: 'add', chatId: string, chunks: readonly LegacyChunk[]): Promise<void>;
  /** The same with vectors that are given, as `packed` packs them. */
  call(name: 'collection', chatId: string, chunks: readonly LegacyChunk[], vectors: string): Promise<void>;
  /** What Chroma finds for each vector: places of chunks with their distances. */
  call(
    name: 'distances',
    chatId: string,
    vectors: string,
    k: number,
  ): Promise<{ near: [index: number, distance: number][]; milliseconds: number }[]>;
  call(name: 'tokens', texts: readonly string[]): Promise<number[][]>;
  /** Read with `unpacked`. */
  call(name: 'encode', texts: readonly string[]): Promise<string>;
  /** What `ask_gemini` returns when the model is at this address. */
  call(name: 'ask', baseUrl: string, history: readonly LegacyTurn[], prompt: string): Promise<string | null>;
  /** Bytes of memory that it takes. */
  call(name: 'resident'): Promise<number>;
  close(): Promise<void>;
}

/** The folder of the embedding model that both sides use. */
export const modelFolder = join(setupFolder, 'all-MiniLM-L6-v2');

/** Starts it with an empty Chroma; questions asked before it is ready wait. */
export async function legacyRetrieval(): Promise<LegacyRetrieval> {
  const folder = await mkdtemp(join(tmpdir(), 'legacy-retrieval-'));
  const script = join(import.meta.dirname, 'legacy.py');
  const child = spawn(join(setupFolder, 'python/bin/python'), [script, modelFolder], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const waiting: PromiseWithResolvers<unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { result, error } = JSON.parse(line);
    if (error === undefined) waiting.shift()?.resolve(result);
    else waiting.shift()?.reject(new Error(error));
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code) => {
      for (const { reject } of waiting.splice(0))
        reject(new Error(`legacy's retrieval ended with ${code ?? 'a signal'}`));
      resolve();
    });
  });
  child.stdin.on('error', () => {});
  return {
    call(call: string, ...args: unknown[]) {
      const answer = Promise.withResolvers<unknown>();
      waiting.push(answer);
      child.stdin.write(`${JSON.stringify({ call, args })}\n`);
      return answer.promise;
    },
    async close() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  } as LegacyRetrieval;
}

/** Vectors as `encode` gives them. */
export function unpacked(base64: string): Float32Array[] {
  const bytes = Buffer.from(base64, 'base64');
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return Array.from({ length: numbers.length / 384 }, (_, n) => numbers.slice(n * 384, (n + 1) * 384));
}

export function packed(vectors: readonly ArrayLike<number>[]): string {
  const numbers = new Float32Array(vectors.length * 384);
  for (const [n, vector] of vectors.entries()) numbers.set(vector, n * 384);
  return Buffer.from(numbers.buffer).toString('base64');
}
