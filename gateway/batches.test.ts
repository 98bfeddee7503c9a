import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { inBatches } from './batches.ts';

test('items are worked on together and in order, the last ones by themselves', async () => {
  const seen: (readonly number[])[] = [];
  const batches = inBatches<number>((items) => seen.push(items));
  const numbers = Array.from({ length: 300 }, (_, i) => i);
  for (const number of numbers) batches.add(number);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.length).toBeLessThan(10);
  expect(seen.flat().length).toBeLessThan(numbers.length);
  await vi.waitFor(() => expect(seen.flat()).toEqual(numbers));
});

test('what is waiting is worked on at once when asked, and only once', () => {
  const seen: number[] = [];
  const batches = inBatches<number>((items) => seen.push(...items));
  batches.add(1);
  expect(seen).toEqual([]);
  batches.flush();
  batches.flush();
  expect(seen).toEqual([1]);
});

const here = (file: string) => JSON.stringify(join(import.meta.dirname, file));

/** A program that logs an exchange into a file's blocks, as a start does, and then ends. */
const program = (end: string) => `
  const { inBlocks } = await import(${here('log-blocks.ts')});
  const { createLog } = await import(${here('log.ts')});
  const blocks = inBlocks(1);
  process.once('exit', blocks.flushSync);
  const log = createLog('info', blocks);
  const { accessLog } = await import(${here('serve/access-log.ts')});
  const exchange = { id: 'a-1', incoming: { method: 'GET' }, outgoing: { statusCode: 200 }, target: { canonical: true } };
  accessLog(log)({ ...exchange, row: { key: 'GET /"a"' }, startedAt: performance.now() }, { backend: 'legacy' });
  ${end}
`;

test.each(['process.exit(3)', 'setImmediate(() => { throw new Error("x") })', ''])(
  'a process that ends by "%s" has written the line of its last request, as pino would',
  (end) => {
    const args = ['--input-type=module', '-e', program(end)];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const line = { request: 'a-1', method: 'GET', route: 'GET /"a"', backend: 'legacy', status: 200 };
    expect(JSON.parse(stdout)).toEqual({ level: 30, time, ...line, ms: expect.any(Number), msg: 'exchange' });
  },
);
