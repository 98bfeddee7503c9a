import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { inBlocks } from './log-blocks.ts';

const folder = mkdtempSync(join(tmpdir(), 'banyan-log-'));
const file = join(folder, 'log');
afterAll(() => rmSync(folder, { recursive: true }));

test('lines are written whole and in order, the last ones by themselves', async () => {
  const fd = openSync(file, 'w');
  const blocks = inBlocks(fd);
  const lines = Array.from({ length: 2000 }, (_, i) => `${i} ${'ä'.repeat(50)}\n`);
  for (const line of lines) blocks.write(line);
  expect(readFileSync(file, 'utf8')).not.toBe(lines.join(''));
  await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe(lines.join('')), { timeout: 5000 });
  closeSync(fd);
});

test('lines wait for a block to fill up', () => {
  const fd = openSync(file, 'w');
  const blocks = inBlocks(fd);
  blocks.write('one\n');
  expect(readFileSync(file, 'utf8')).toBe('');
  blocks.flushSync();
  expect(readFileSync(file, 'utf8')).toBe('one\n');
  closeSync(fd);
});

const program = `
  const { inBlocks } = await import(${JSON.stringify(join(import.meta.dirname, 'log-blocks.ts'))});
  const blocks = inBlocks(1);
  process.once('exit', () => blocks.flushSync());
  for (let i = 0; i < 50_000; i++) blocks.write(i + ' ' + 'x'.repeat(50) + '\\n');
`;

test('a pipe that is read slowly gets every line, the last ones at the exit', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.length < 1_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const numbers = text
    .trimEnd()
    .split('\n')
    .map((line) => Number.parseInt(line, 10));
  expect(numbers).toEqual(Array.from({ length: 50_000 }, (_, i) => i));
});

test('a reader that is gone does not hold up the program', () => {
  const script = '"$0" --input-type=module -e "$1" | true; exit "$PIPESTATUS"';
  const { status } = spawnSync('bash', ['-c', script, process.execPath, program], { timeout: 20_000 });
  expect(status).toBe(0);
});
