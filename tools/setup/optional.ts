/** The packages of services/optional/, for tests of the settings that need them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '@banyan/operations/processes/lock.mjs';
import { isInstalled } from './bootstrap.mjs';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'services/optional');

/** Installs them where they are not what the lock file asks for, one process at a time, and says so. */
export async function ensureOptional(report: (line: string) => void = console.error): Promise<void> {
  if (isInstalled(folder)) return;
  await withLock(join(root, '.banyan/optional.lock'), async () => {
    if (isInstalled(folder)) return;
    report('Installing the packages that only some settings need (npm run optional) …');
    await promisify(execFile)('npm', ['run', 'optional'], { cwd: root });
  });
}
