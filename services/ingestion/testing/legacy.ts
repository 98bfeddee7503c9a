/** Calls the legacy app's own PDF functions, in its own Python. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** `[page, text]`, as PyMuPDF gave it; pages without text are missing. */
export type LegacyPage = [page: number, text: string];
/** `[page, number on that page, text]`; tables of fewer than two rows are missing. */
export type LegacyTable = [page: number, table: number, text: string];

export interface LegacyDocument {
  pages: LegacyPage[];
  tables: LegacyTable[];
  chunks: { text: string; metadata: Record<string, string> }[];
}

export interface LegacyFunctions {
  call(name: 'clean_text' | 'sanitize_source', text: string): Promise<string>;
  call(name: 'split_text', text: string): Promise<string[]>;
  call(name: 'extract_pages', file: { file: string }): Promise<LegacyPage[]>;
  call(name: 'extract_tables', file: { file: string }): Promise<LegacyTable[]>;
  /** All of it, each page read once; the document's id and name are `document` and `document.pdf`. */
  call(name: 'document', file: { file: string }): Promise<LegacyDocument>;
  call(name: 'code_points'): Promise<{ word: number[]; space: number[]; isspace: number[] }>;
  /** @returns whether legacy does OCR now */
  call(name: 'ocr', on: boolean): Promise<boolean>;
  close(): void;
}

/**
 * @param setupFolder where the legacy app's Python environment is
 * @param path where it looks for Tesseract; the environment's own unless told
 */
export function legacyFunctions(setupFolder: string, path = process.env.PATH): LegacyFunctions {
  const child = spawn(join(setupFolder, 'python/bin/python'), [join(import.meta.dirname, 'legacy.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: path, HOME: process.env.HOME, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const waiting: PromiseWithResolvers<unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    // Anything else is a library that prints.
    if (/^[[{"tf]/.test(line)) waiting.shift()?.resolve(JSON.parse(line));
  });
  child.once('close', (code) => {
    for (const { reject } of waiting.splice(0))
      reject(new Error(`legacy's functions ended with ${code ?? 'a signal'}`));
  });
  child.stdin.on('error', () => {});
  return {
    call: (call: string, ...args: unknown[]) => ask(child, waiting, { call, args }),
    close: () => child.kill(),
  } as LegacyFunctions;
}

function ask(child: ChildProcess, waiting: PromiseWithResolvers<unknown>[], request: object) {
  const answer = Promise.withResolvers<unknown>();
  waiting.push(answer);
  child.stdin?.write(`${JSON.stringify(request)}\n`);
  return answer.promise;
}
