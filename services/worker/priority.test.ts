import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { lowerPriority } from './priority.ts';

it('puts a process behind others, also where the system shares the processors by session', async () => {
  const child = spawn('sleep', ['60'], { detached: true });
  const pid = child.pid ?? 0;
  try {
    const autogroup = () => readFile(`/proc/${pid}/autogroup`, 'utf8').catch(() => undefined);
    const byDefault = await autogroup();
    lowerPriority(pid);
    expect(getPriority(pid)).toBe(19);
    if (byDefault) await until(async () => /nice 19$/.test((await autogroup())?.trim() ?? ''));
  } finally {
    child.kill('SIGKILL');
  }
});

it('does not mind one that has ended', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  await once(child, 'exit');
  expect(() => getPriority(pid), 'the system still knows the process').toThrow(/ESRCH/);
  expect(() => lowerPriority(pid)).not.toThrow();
});
