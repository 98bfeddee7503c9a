/** Node 22, which the package has to run on, beside the repository's own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OLDEST_NODE } from './contents.ts';

/**
 * Installs the oldest Node of the package, once.
 * @param folder kept between runs
 * @returns the path of its program
 */
export function node22(folder: string, report: (line: string) => void): string {
  const program = join(folder, 'node_modules/node/bin/node');
  if (existsSync(program)) return program;
  report(`Installing Node ${OLDEST_NODE} to try the package with …`);
  mkdirSync(folder, { recursive: true });
  const dependencies = { node: OLDEST_NODE };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies, allowScripts: { node: true } }),
  );
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return program;
}
