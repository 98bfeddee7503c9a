/** The command of the README. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended } from '@banyan/suite/testing/ended.ts';
import { expect, it } from 'vitest';

it('is asked by the generator, which starts both backends as the application says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-notes-'));
  try {
    const script = createRequire(import.meta.url).resolve('@banyan/suite/fuzz/run.ts');
    const application = join(import.meta.dirname, 'application.ts');
    const options = ['--application', application, '--runs', '3', '--seed', '1', '--out', folder];
    const { code, out } = await ended(spawn(process.execPath, [script, ...options], { cwd: folder }));
    expect(out).toContain('No divergence.');
    expect(code).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
