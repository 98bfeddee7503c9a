/** What the steps of the container images share. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { SetupContext } from './command.ts';

/** @throws Error without a folder among the arguments */
export function imageContext([folder]: readonly string[]): SetupContext {
  if (!folder) throw new Error('Name the folder that it is to be made in.');
  return {
    root: dirname(dirname(import.meta.dirname)),
    setupFolder: resolve(folder),
    logFile: join(mkdtempSync(join(tmpdir(), 'image-')), 'setup.log'),
    report: (line) => console.error(line),
    env: process.env,
  };
}

/** A virtual environment that is not kept: pip installs into nothing else. */
export async function passingPython(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'image-python-'));
  execFileSync(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  return join(folder, 'bin/python');
}
