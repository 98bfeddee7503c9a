/** The part of the corpus that is too large to commit, made anew, the same every time. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const scripts = join(import.meta.dirname, '../corpus');
const seeds = [1, 2];
const pagesEach = 60;

/** Runs one of the corpus's scripts in the legacy app's Python. */
export async function runScript(setupFolder: string, script: string, ...args: string[]): Promise<void> {
  await run(join(setupFolder, 'python/bin/python'), [join(scripts, script), ...args], {
    env: { LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/**
 * Documents of the classes in which readers differ most: `annotations-001`, `fields-017`.
 * @param count so many of each class
 */
export async function makeClasses(setupFolder: string, folder: string, count: number): Promise<string[]> {
  await runScript(setupFolder, 'classes.py', folder, '1', String(count));
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

/** @returns long files, and pages of random strokes and words */
export async function makeGenerated(setupFolder: string, folder: string): Promise<string[]> {
  await runScript(setupFolder, 'make.py', folder, '--long');
  for (const seed of seeds)
    await runScript(
      setupFolder,
      'generate.py',
      join(folder, `random-${seed}.pdf`),
      String(seed),
      String(pagesEach),
    );
  const names = await readdir(folder);
  // Legacy takes minutes for this one; it is there for the bounds on memory and time.
  return names
    .filter((name) => name !== 'long-5000.pdf')
    .map((name) => join(folder, name))
    .sort();
}
