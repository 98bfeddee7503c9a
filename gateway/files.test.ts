import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChangedMeanwhile, readStable, replaceFile } from './files.ts';

let folder: string;
afterEach(() => rmSync(folder, { recursive: true }));
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-files-'));
  file = join(folder, 'flags.yaml');
  writeFileSync(file, 'old\n');
});

describe('replacing a file', () => {
  it('is seen by a reader that looks all the time as the old text or the new one, whole', async () => {
    const texts = ['a', 'b'].map((letter) => `${letter.repeat(200_000)}\n`);
    await replaceFile(file, texts[0] ?? '');
    const reader = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { readFileSync } = require('node:fs');
       const seen = new Set(); let reads = 0, stop = false;
       parentPort.on('message', () => { stop = true; });
       const look = () => {
         for (let i = 0; i < 50; i++, reads++) { const t = readFileSync(workerData, 'utf8'); seen.add(t[0] + t.length + t.at(-2)); }
         if (stop) parentPort.postMessage({ seen: [...seen], reads }); else setImmediate(look);
       };
       parentPort.postMessage('ready'); look();`,
      { eval: true, workerData: file },
    );
    await new Promise((resolve) => reader.once('message', resolve));
    for (let i = 1; i <= 100; i++) await replaceFile(file, texts[i % 2] ?? '');
    const result = new Promise<{ seen: string[]; reads: number }>((resolve) =>
      reader.once('message', resolve),
    );
    reader.postMessage('stop');
    const { seen, reads } = await result;
    await reader.terminate();
    expect(reads).toBeGreaterThan(100);
    expect(seen.sort()).toEqual(['a200001a', 'b200001b']);
  });

  it('keeps the mode, follows a symlink and leaves nothing behind', async () => {
    const target = join(folder, 'real.yaml');
    renameSync(file, target);
    chmodSync(target, 0o640);
    symlinkSync('real.yaml', file);
    await replaceFile(file, 'new\n');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('new\n');
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['flags.yaml', 'real.yaml']);
  });

  it('refuses where somebody has changed the file since it was read', async () => {
    writeFileSync(file, 'theirs\n');
    await expect(replaceFile(file, 'ours\n', { expected: { text: 'old\n' } })).rejects.toThrow(
      ChangedMeanwhile,
    );
    rmSync(file);
    await expect(replaceFile(file, 'ours\n', { expected: { text: 'old\n' } })).rejects.toThrow(
      ChangedMeanwhile,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('reading a file that is being written', () => {
  it('waits until the text has stayed the same', async () => {
    writeFileSync(file, '');
    const writing = setTimeout(() => writeFileSync(file, 'whole\n'), 15);
    const read = await readStable(file, (seen) => ('text' in seen && seen.text ? 20 : 100));
    clearTimeout(writing);
    expect(read).toEqual({ text: 'whole\n' });
  });

  it('gives up on a file that never comes to rest', async () => {
    let n = 0;
    const changesWhileRead = () => {
      writeFileSync(file, `${n++}`);
      return 20;
    };
    expect(await readStable(file, changesWhileRead)).toBeUndefined();
  });
});
