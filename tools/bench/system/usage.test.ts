import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { busy, canMeasure, cpuOf, residentOf, usageOf } from './usage.ts';

describe('usage of processes', () => {
  test('processor time is user and system time, whatever the program calls itself', () => {
    const rest = 'S 1 1 1 0 -1 4194560 100 0 0 0 250 50 7 9 20 0 1 0 100 1000 100';
    expect(cpuOf(`12 (node) ${rest}`)).toBe(3_000_000);
    expect(cpuOf(`12 (a) b (c) ${rest}`)).toBe(3_000_000);
  });

  test('resident memory is in bytes', () => {
    expect(residentOf('Name:\tnode\nVmHWM:\t   999 kB\nVmRSS:\t   2048 kB\n')).toBe(2 * 1024 * 1024);
  });

  test('a busy core is one that is neither idle, nor waiting, nor taken by the host', () => {
    expect(busy('cpu  100 20 30 9999 9999 4 5 9999 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n')).toBe(1_590_000);
  });

  test('a process that is gone uses nothing', () => {
    expect(usageOf([2 ** 30])).toEqual({ cpu: 0, memory: 0 });
  });

  test.skipIf(!canMeasure())('a tree of processes counts its children too', async () => {
    const program = `require('node:child_process').spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], { stdio: ['ignore', 'inherit', 'ignore'] })`;
    const parent = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await once(parent.stdout, 'data');
    try {
      const both = usageOf([parent.pid as number]).memory;
      const alone = residentOf(
        await import('node:fs').then((fs) => fs.readFileSync(`/proc/${parent.pid}/status`, 'utf8')),
      );
      expect(both).toBeGreaterThan(alone * 1.5);
    } finally {
      process.kill(-(parent.pid as number), 'SIGKILL');
    }
  });
});
