/** A public origin in a process of its own, for what is measured by process: memory, and what is left when all is over. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { ForwarderName } from './origin.ts';

export interface GatewayProcess {
  port: number;
  /** Resident bytes after garbage was collected, and the most there were since the last time that this was asked. */
  memory(): Promise<{ now: number; peak: number }>;
  /** Closes the origin. @returns the exit code, and what the process printed, once it has ended by itself */
  end(): Promise<{ code: number | null; printed: string }>;
}

export async function startGatewayProcess(options: {
  legacyUrl: string;
  forwarder: ForwarderName;
  /** Milliseconds until legacy is late with what is no route. */
  elsewhere?: number;
}): Promise<GatewayProcess> {
  const child = fork(new URL('./gateway-child.ts', import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--expose-gc', '--trace-warnings'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      printed += text;
    });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const { port } = await reply<{ port: number }>(child);
  return {
    port,
    memory() {
      child.send('memory');
      return reply(child);
    },
    async end() {
      child.send('end');
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, printed };
    },
  };
}

async function reply<T>(child: ChildProcess): Promise<T> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the gateway process has ended'))),
  ]);
  return message as T;
}
