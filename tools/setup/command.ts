/** Runs one command of the set-up: its output goes to a log, the person hears that it is still at it. */
import { spawn } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { eachLine } from '@banyan/operations/processes/child.mjs';

export interface SetupContext {
  /** The repository's root. */
  root: string;
  /** Where what is set up is kept. */
  setupFolder: string;
  /** Gets the whole output of every command. */
  logFile: string;
  /** Told in short lines what is being done. */
  report: (line: string) => void;
  env: Record<string, string | undefined>;
  /** Stops the command that runs. */
  signal?: AbortSignal | undefined;
}

export interface Finished {
  ok: boolean;
  /** What it printed on both streams. */
  lines: string[];
}

const every = 15_000;

/**
 * Runs a command to its end.
 * @param env added to the context's
 * @throws AbortError when the context's signal stops it
 */
export async function runCommand(
  context: SetupContext,
  command: string,
  args: string[],
  env: Record<string, string | undefined> = {},
): Promise<Finished> {
  const lines: string[] = [];
  const begun = Date.now();
  const alive = setInterval(() => {
    const doing = lines.findLast((line) => /^(Collecting|Downloading|Building|Installing)\b/.test(line));
    const what = doing ? `: ${doing.split(/\s+/).slice(0, 3).join(' ')}` : '';
    context.report(`  … still at it after ${Math.round((Date.now() - begun) / 1000)} s${what}`);
  }, every);
  try {
    const { how, ok } = await finish(context, command, args, env, lines);
    await mkdir(dirname(context.logFile), { recursive: true });
    const head = `${new Date(begun).toISOString()} ${[command, ...args].join(' ')}`;
    await appendFile(context.logFile, `${[head, ...lines, how].join('\n')}\n\n`);
    context.signal?.throwIfAborted();
    return { ok, lines };
  } finally {
    clearInterval(alive);
  }
}

function finish(
  context: SetupContext,
  command: string,
  args: string[],
  env: Record<string, string | undefined>,
  lines: string[],
): Promise<{ how: string; ok: boolean }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: context.root,
      // A module path of the machine's own would let its packages in.
      env: { ...context.env, PYTHONPATH: undefined, PYTHONHOME: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => lines.push(line));
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    if (context.signal?.aborted) stop();
    context.signal?.addEventListener('abort', stop, { once: true });
    child.once('error', (error) => {
      lines.push(error.message);
      resolve({ how: error.message, ok: false });
    });
    child.once('close', (code, signal) => {
      process.off('exit', stop);
      context.signal?.removeEventListener('abort', stop);
      resolve({ how: signal ?? `exit code ${code}`, ok: code === 0 });
    });
  });
}
