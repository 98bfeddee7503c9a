/** Programs that a benchmark starts and stops. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pinned } from './cores.ts';

export interface Running {
  /** Origin. */
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  core: number | undefined;
  /** For what the program writes. */
  folder: string;
}

/** A Node program that sends its port over the channel once it listens. Its output goes into a file, as a service's does. */
export async function startNode(
  options: ProgramOptions & { program: string; flags?: readonly string[]; env?: Record<string, string> },
): Promise<Running> {
  const started = start(
    options,
    process.execPath,
    [...(options.flags ?? []), options.program],
    options.env ?? {},
    true,
  );
  const port = await new Promise<number>((resolve, reject) => {
    started.child.once('message', (message) => resolve((message as { port: number }).port));
    started.ended.then((how) => reject(new Error(`${options.name} ${how}`)), reject);
  });
  return running(started, `http://127.0.0.1:${port}`);
}

/** A program that is told its port. */
export async function startServer(
  options: ProgramOptions & { command: string; args: readonly string[]; port: number },
): Promise<Running> {
  const started = start(options, options.command, options.args, {}, false);
  let end: string | undefined;
  void started.ended.then((how) => {
    end = how;
  });
  for (const deadline = Date.now() + 5000; !(await accepts(options.port)); ) {
    if (end !== undefined || Date.now() > deadline)
      throw new Error(`${options.name} ${end ?? 'does not listen after 5 s'}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return running(started, `http://127.0.0.1:${options.port}`);
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

interface Started {
  child: ChildProcess;
  /** How it ended, with the last of what it wrote. */
  ended: Promise<string>;
}

function start(
  { name, core, folder }: ProgramOptions,
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  channel: boolean,
): Started {
  const output = join(folder, `${name.replaceAll(/\W+/g, '-')}.log`);
  const file = openSync(output, 'a');
  const child = spawn(...pinned(core, command, args), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: channel ? ['ignore', file, file, 'ipc'] : ['ignore', file, file],
  });
  closeSync(file);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) =>
      resolve(`ended with ${signal ?? code}:\n${readFileSync(output, 'utf8').slice(-2000)}`),
    );
  });
  return { child, ended };
}

function running({ child, ended }: Started, url: string): Running {
  return {
    url,
    pid: child.pid as number,
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 3000);
      await ended;
      clearTimeout(force);
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
