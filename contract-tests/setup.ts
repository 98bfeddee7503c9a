/**
 * What the backends need besides the npm packages. A command of the repository makes it and says where it is; these tests
 * know of that command what it prints.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The repository's root. */
export const root = join(import.meta.dirname, '..');

export interface Setup {
  /** The interpreter of the legacy app's environment. */
  python: string;
  /** The folder of the embedding model. */
  embeddingModel: string;
}

/** Makes what is missing, which takes minutes the first time. @throws Error after the command has said what is wrong */
export async function setUp(): Promise<Setup> {
  const command = join(root, 'tools/setup/run.ts');
  const child = spawn(process.execPath, [command], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
  if (code !== 0) throw new Error('The backends cannot be started without their Python and their model.');
  return JSON.parse(said) as Setup;
}
