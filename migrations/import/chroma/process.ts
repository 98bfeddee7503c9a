/** A process of the legacy app's own Python that reads Chroma: a line of JSON for each question, a line for each answer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Chroma cannot do it. */
export class ChromaError extends Error {
  override name = 'ChromaError';
}

export interface ChromaProcess {
  /** @throws ChromaError with what Chroma said; a process that dies of it is replaced at the next question */
  ask(request: object): Promise<unknown>;
  close(): Promise<void>;
}

/** @param script answers each line of JSON with another */
export function chromaProcess(python: string, script: string, args: readonly string[]): ChromaProcess {
  let running:
    | { child: ChildProcess; waiting: PromiseWithResolvers<string>[]; ended: Promise<unknown> }
    | undefined;
  const start = () => {
    const child = spawn(python, [script, ...args], {
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
