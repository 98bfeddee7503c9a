import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readWhole, usualPatience } from './read-whole.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-whole-'));
  path = join(folder, 'chat_history.json');
});
afterEach(() => rm(folder, { recursive: true }));
const { signal } = new AbortController();

/** A reader takes many steps through such a file. */
const itemOf = (digit: number) => `${digit}`.repeat(500_000);
const filledWith = (digit: number) => JSON.stringify(Array(10).fill(itemOf(digit)));

/** Writes faster than a reader gets from one part of the file to the next. A file that is never at rest cannot be read. */
const writerCode = `
  const { writeFileSync } = require('node:fs');
  const { workerData: { path, texts } } = require('node:worker_threads');
  const rest = new Int32Array(new SharedArrayBuffer(4));
  for (let n = 1; ; n++) {
    writeFileSync(path, texts[n % 2]);
    Atomics.wait(rest, 0, 0, n % 60);
  }`;

it('reads one text or the next, never the beginning of one and the end of the other', async () => {
  const texts = [filledWith(1), filledWith(2)];
  await writeFile(path, texts[0] ?? '');
  const writer = new Worker(writerCode, { eval: true, workerData: { path, texts } });
  const seen = new Set<unknown>();
  const until = performance.now() + 3000;
  try {
    while (performance.now() < until) {
      const { list } = (await readWhole(path, usualPatience, signal)) ?? {};
      const items = list?.items ?? [];
      expect(items).toHaveLength(10);
      const digit = Number(`${items[0]}`[0]);
      expect(items.every((item) => item === itemOf(digit))).toBe(true);
      seen.add(digit);
    }
  } finally {
    await writer.terminate();
  }
  expect([...seen].sort()).toEqual([1, 2]);
}, 60_000);

it('gives what it has where the bytes are the same', async () => {
  await writeFile(path, '[1]');
  const first = await readWhole(path, usualPatience, signal);
  await writeFile(path, '[1]');
  expect(await readWhole(path, usualPatience, signal, first)).toBe(first);
  await writeFile(path, '[2]');
  expect(await readWhole(path, usualPatience, signal, first)).toMatchObject({ list: { items: [2] } });
});

it.each([
  ['', 'it is cut short'],
  ['[{"id": "a"}, {"id', 'it is cut short'],
  ['["]', 'it is cut short'],
  ['x]', 'Unexpected token'],
])('refuses %j once nobody writes it', async (text, fault) => {
  await writeFile(path, text);
  const patience = { changing: 20_000, resting: 100 };
  await expect(readWhole(path, patience, signal)).rejects.toThrow(
    `chat_history.json cannot be read: ${fault}`,
  );
});

it('gives up on a file that is half there all the time', async () => {
  let stop = false;
  const writing = (async () => {
    for (let n = 0; !stop; n++) await writeFile(path, `[${n}`);
  })();
  const reading = readWhole(path, { changing: 300, resting: 20_000 }, signal);
  await expect(reading).rejects.toThrow('chat_history.json cannot be read: it is written all the time.');
  stop = true;
  await writing;
});
