import { afterEach, expect, it } from 'vitest';
import { type Probes, startProbes } from './worker-probes.ts';

let probes: Probes | undefined;
afterEach(() => probes?.close());

const ask = async (path: string) => {
  const answer = await fetch(`http://127.0.0.1:${probes?.port}${path}`);
  return [answer.status, await answer.text()];
};

it('a worker is live, and ready only while its database answers in time', async () => {
  let check: () => Promise<unknown> = async () => {};
  const metrics = async () => 'a 1\n';
  probes = await startProbes({ port: 0, patience: 50, check: () => check(), metrics });
  expect(await ask('/readyz')).toEqual([200, 'ready\n']);
  check = () => Promise.reject(new Error('away'));
  expect(await ask('/readyz')).toEqual([503, 'not ready\n']);
  check = () => new Promise(() => {});
  expect(await ask('/readyz')).toEqual([503, 'not ready\n']);
  expect(await ask('/livez')).toEqual([200, 'live\n']);
  expect(await ask('/metrics')).toEqual([200, 'a 1\n']);
  expect((await ask('/'))[0]).toBe(404);
});
