import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepPrivate, sharedIn } from './private-data.ts';

let folder: string;
let umask: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'private-'));
  umask = process.umask();
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true });
});

const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

it('makes a data folder that only its owner can use, and so is what this process and its children write in it', async () => {
  const data = join(folder, 'new/data');
  await keepPrivate(data, join(data, 'setup'));
  mkdirSync(join(data, 'inside'));
  writeFileSync(join(data, 'inside/own'), '');
  execFileSync('sh', ['-c', 'echo > "$0"', join(data, 'of-a-child')]);
  expect(['', 'inside', 'inside/own', 'of-a-child'].map((name) => rightsOf(join(data, name)))).toEqual([
    '700',
    '700',
    '600',
    '600',
  ]);
});

it('puts right what an earlier version left open, but for what is set up and what a link leads to', async () => {
  const data = join(folder, 'data');
  mkdirSync(join(data, 'database/base'), { recursive: true });
  mkdirSync(join(data, 'setup'));
  for (const [name, mode] of [
    ['database/base/1', 0o666],
    ['program', 0o755],
    ['setup/postgres', 0o755],
    ['../elsewhere', 0o644],
  ] as const) {
    writeFileSync(join(data, name), '');
    chmodSync(join(data, name), mode);
  }
  symlinkSync('../elsewhere', join(data, 'link'));
  for (const name of ['', 'database', 'database/base', 'setup']) chmodSync(join(data, name), 0o755);
  await keepPrivate(data, join(data, 'setup'));
  const names = ['', 'database', 'database/base/1', 'program', 'setup/postgres', '../elsewhere'];
  expect(names.map((name) => rightsOf(join(data, name)))).toEqual(['700', '700', '600', '700', '755', '644']);
  expect(await sharedIn(data, join(data, 'setup'))).toEqual([]);
});
