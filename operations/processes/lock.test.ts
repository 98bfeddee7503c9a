import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killStarted, startProcess } from '../../tools/setup/testing/processes.ts';
import { takeLock, withLock } from './lock.mjs';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  lock = join(folder, 'sub/the.lock');
});
afterEach(async () => {
  killStarted();
  await rm(folder, { recursive: true });
});

const module = JSON.stringify(join(import.meta.dirname, 'lock.mjs'));
const script = (text: string) =>
  startProcess(process.execPath, ['--input-type=module', '-e', text.replaceAll('MODULE', module)]);

it('lets processes in one after the other', async () => {
  const counter = join(folder, 'counter');
  await writeFile(counter, '0');
  const text = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    import { withLock } from MODULE;
    for (let n = 0; n < 5; n++)
      await withLock(${JSON.stringify(lock)}, async () => {
        const seen = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
        await setTimeout(5);
        writeFileSync(${JSON.stringify(counter)}, String(seen + 1));
      });`;
  const processes = Array.from({ length: 4 }, () => script(text));
  for (const { ended, text } of processes) expect(await ended, text()).toEqual({ code: 0, signal: null });
  expect(await readFile(counter, 'utf8')).toBe('20');
});

const holder = () =>
  script(`
    import { takeLock } from MODULE;
    takeLock(${JSON.stringify(lock)});
    console.log('held');
    setInterval(() => {}, 1000);`);

it('names the process that holds it, once, and waits until that one is killed', async () => {
  const other = holder();
  await other.line(/held/);
  expect(takeLock(lock)).toEqual({ heldBy: other.pid });
  const waits: number[] = [];
  const work = withLock(lock, async () => 'done', {
    onWait: (pid) => {
      waits.push(pid);
      process.kill(other.pid, 'SIGKILL');
    },
  });
  expect(await work).toBe('done');
  expect(waits).toEqual([other.pid]);
});

it('does not take another process for a holder whose id it has got', async () => {
  await withLock(lock, async () => {});
  await writeFile(lock, `${process.pid} 12345`);
  expect(takeLock(lock)).toHaveProperty('release');
});

it('is free again after work that failed', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(takeLock(lock)).toHaveProperty('release');
});

it('stops waiting when it is told to', async () => {
  takeLock(lock);
  const controller = new AbortController();
  const waiting = withLock(lock, async () => {}, {
    signal: controller.signal,
    onWait: () => controller.abort(),
  });
  await expect(waiting).rejects.toThrow('aborted');
});
