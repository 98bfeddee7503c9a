import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { killStarted, startProcess, until } from '../../tools/setup/testing/processes.ts';

afterEach(killStarted);

const module = JSON.stringify(join(import.meta.dirname, 'stop-signal.ts'));

async function waiting(echo: number) {
  const started = startProcess(process.execPath, [
    '--input-type=module',
    '-e',
    `import { aborted, stopSignal } from ${module};
     const signal = stopSignal(() => { console.log('forced'); process.exit(130); }, ${echo});
     for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => console.log('got', name));
     console.log('up');
     setInterval(() => {}, 1000);
     await aborted(signal);
     console.log('stopping');`,
  ]);
  await started.line(/^up/);
  return started;
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('asks to stop at %s', async (signal) => {
  const { child, line } = await waiting(500);
  child.kill(signal);
  await line(/^stopping/);
});

it('takes one Ctrl-C that arrives on several ways for one', async () => {
  const { child, line, lines } = await waiting(60_000);
  child.kill('SIGINT');
  await line(/^stopping/);
  child.kill('SIGINT');
  await until(() => lines.filter((each) => each === 'got SIGINT').length === 2);
  child.kill('SIGTERM');
  await line(/^got SIGTERM/);
  expect(lines).not.toContain('forced');
});

it('takes a later one for a second', async () => {
  const { child, line, ended } = await waiting(10);
  child.kill('SIGINT');
  await line(/^stopping/);
  await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  await line(/^forced/);
  expect(await ended).toEqual({ code: 130, signal: null });
});
