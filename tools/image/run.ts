/**
 * `npm run image`: every step of the Dockerfile that needs no container, in a clean folder, with what takes minutes
 * (`npm ci`, the embedding model), and then what the image starts.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { npmCommand } from '../setup/options.ts';
import { runSteps } from './steps.ts';
import { tryImage } from './try.ts';

npmCommand(
  'image',
  'Every step of the Dockerfile that needs no container, in a clean folder, and then what the image starts.',
  '0 it starts, says that it is ready, and stops; 1 it does not',
).parse();
const root = dirname(dirname(import.meta.dirname));
const folder = mkdtempSync(join(tmpdir(), 'banyan-image-'));
const report = (line: string) => console.log(line);
try {
  const { imageRoot, variables } = runSteps({ root, folder, file: 'Dockerfile', env: process.env, report });
  const size = execFileSync('du', ['-sh', imageRoot], { encoding: 'utf8' }).split('\t')[0];
  report(`${size} without the system's own packages`);
  await tryImage(imageRoot, variables, report);
  report('The image starts, says that it is ready, and stops.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
