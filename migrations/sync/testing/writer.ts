import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { python } from '../../../tools/setup/testing/places.ts';

export interface Writer {
  /** @returns how much it has written. @throws Error if it failed meanwhile */
  stop(): Promise<number>;
}

/** Starts one of the writers beside this file; resolves once it has begun to write. */
export async function startWriter(script: string, ...args: string[]): Promise<Writer> {
  const child = spawn(python, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: begun } = await lines.next();
  if (begun !== 'begun') throw new Error(`${script} did not begin`);
  return {
    async stop() {
      child.stdin.end();
      const { value: written } = await lines.next();
      const [code] = (await ended) as [number];
      if (code !== 0) throw new Error(`${script} failed`);
      return Number(written);
    },
  };
}
