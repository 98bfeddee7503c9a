/** Runs what was made by the image's steps as its container would: its command, its health check, a one-off command, its end. */
import { execFile, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../launch/testing.ts';

export interface Trial {
  /** What `banyan status --json` said in the running container. */
  status: { running: boolean; ready: boolean };
  /** What the health check said before anything ran. */
  before: string;
  exitCode: number | null;
  output: string;
}

/**
 * @param set the image's variables; paths in them are moved into `imageRoot`
 * @throws Error with the output where it does not become ready within a minute
 */
export async function tryImage(
  imageRoot: string,
  set: Record<string, string>,
  report: (line: string) => void,
): Promise<Trial> {
  const legacy = createServer((_, answer) => answer.end('legacy\n'));
  await listening(legacy);
  const { PORT, CONSOLE_PORT, RELAY_PORT } = await freePorts();
  const env = {
    ...inside(imageRoot, set),
    PATH: process.env.PATH,
    HOME: imageRoot,
    PORT,
    CONSOLE_PORT,
    RELAY_PORT,
    LEGACY_URL: `http://127.0.0.1:${(legacy.address() as AddressInfo).port}`,
  };
  const cwd = join(imageRoot, 'app');
  const once = (...args: string[]) =>
    promisify(execFile)(process.execPath, args, { cwd, env }).then(
      ({ stdout }) => ({ ok: true, stdout }),
      ({ stdout, stderr }: { stdout: string; stderr: string }) => ({ ok: false, stdout: stdout + stderr }),
    );
  const before = await once('tools/launch/healthy.ts');
  const started = spawn(process.execPath, ['tools/launch/start.ts'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [started.stdout, started.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve) => started.once('exit', resolve));
  try {
    for (const end = Date.now() + 60_000; !(await once('tools/launch/healthy.ts')).ok; await delay(200))
      if (Date.now() > end || started.exitCode !== null)
        throw new Error(`It did not become ready:\n${output}`);
    report('ready');
    const { ok, stdout } = await once('bin/banyan.mjs', 'status', '--json');
    if (!ok) throw new Error(`banyan status failed: ${stdout}`);
    started.kill('SIGTERM');
    const status = JSON.parse(stdout) as Trial['status'];
    return { status, before: before.ok ? 'ready' : 'not ready', exitCode: await ended, output };
  } finally {
    started.kill('SIGKILL');
    await ended;
    legacy.close();
  }
}

/** The image's variables, their paths being below its root. */
export function inside(imageRoot: string, set: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(set).map(([name, value]) => [
      name,
      // A path is the whole value, or that of an option in it.
      value.replace(/(^|[\s=])(?=\/)/g, `$1${imageRoot}`),
    ]),
  );
}

const listening = (server: Server) =>
  new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
