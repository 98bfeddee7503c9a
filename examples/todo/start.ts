/** Starts the to-do list that stands for any legacy app: a process of another language, with a file of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RunningTodo {
  url: string;
  close(): Promise<void>;
}

/** @param file where it keeps its list */
export async function startTodo(python: string, file: string): Promise<RunningTodo> {
  const child = spawn(python, [join(import.meta.dirname, 'app.py'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const listening = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const started = await Promise.race([listening, ended.then(() => undefined)]);
  const port = /\d+$/.exec(started?.[0] ?? '')?.[0];
  if (!port) throw new Error('The to-do list did not start.');
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
