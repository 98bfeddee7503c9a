/** The cutover of a whole application, rehearsed: every phase forward, back, and forward again, under traffic. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import { startTraffic } from './traffic.ts';

export interface RehearsalOptions {
  installation: Installation;
  users: number;
  seed: number;
  /** How long each step is looked at, in milliseconds. */
  dwell: number;
  /** The contract suite on the routes of a phase, before it is flipped for good. @returns what diverged */
  prove: (routes: readonly string[]) => Promise<string[]>;
  onStep(step: Step): void;
}

export interface Step {
  /** Milliseconds since the beginning. */
  at: number;
  what: string;
  /** How long it took, in milliseconds. */
  took: number;
  /** Requests that were answered since the last step, and the slowest of them in milliseconds. */
  requests: number;
  slowest: number;
  /** What went wrong by now. */
  faults: number;
}

/** @returns what must not be; empty, if all is well */
export async function rehearse(
  options: RehearsalOptions,
): Promise<{ faults: string[]; acknowledged: number }> {
  const { installation, users, seed, dwell, prove, onStep } = options;
  const faults: string[] = [];
  const traffic = startTraffic({
    ...{ users, seed, pace: 100, url: () => installation.url },
    onFailure: ({ kind, what }) => void faults.push(`${kind}: ${what}`),
  });
  const began = performance.now();
  let seen = 0;
  const step = async (what: string, work: () => Promise<unknown>) => {
    const start = performance.now();
    await work().catch((error: unknown) => void faults.push(`${what}: ${(error as Error).message}`));
    const took = performance.now() - start;
    await pause(dwell);
    const times = traffic.times.slice(seen);
    seen = traffic.times.length;
    const slowest = times.reduce((a, b) => Math.max(a, b), 0);
    onStep({ at: start - began, what, took, requests: times.length, slowest, faults: faults.length });
  };
  await step('all legacy', async () => {});
  for (const [phase, routes] of Object.entries(installation.phases)) {
    await step(`${phase}: new`, () => installation.flip(phase, 'new'));
    await step(`${phase}: rolled back`, () => installation.rollback(phase));
    await step(`${phase}: proven`, async () => void faults.push(...(await prove(routes))));
    await step(`${phase}: new again`, () => installation.flip(phase, 'new'));
  }
  await step('both backends have everything', () => installation.even());
  for (const phase of Object.keys(installation.phases))
    await step(`${phase}: complete`, () => installation.flip(phase, 'complete'));
  await step('what legacy still had is on new', () => installation.even());
  await step('legacy is stopped', () => installation.stopLegacy());
  await step('every user looks at everything', () => traffic.stop());
  for (const write of await installation.divergences()) faults.push(`answered otherwise: ${write}`);
  return { faults, acknowledged: traffic.acknowledged() };
}
