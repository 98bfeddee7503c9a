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
    users,
    seed,
    pace: 100,
    url: () => installation.url,
    onFailure: ({ kind, what }) => void faults.push(`${kind}: ${what}`),
  });
  const began = performance.now();
  let seen = 0;
  /** @returns whether it could be done */
  const step = async (what: string, work: () => Promise<unknown>): Promise<boolean> => {
    const start = performance.now();
    const isDone = await work().then(
      () => true,
      (error: unknown) => {
        faults.push(`${what}: ${(error as Error).message}`);
        return false;
      },
    );
    const took = performance.now() - start;
    await pause(dwell);
    const times = traffic.times.slice(seen);
    seen = traffic.times.length;
    const slowest = times.reduce((a, b) => Math.max(a, b), 0);
    onStep({ at: start - began, what, took, requests: times.length, slowest, faults: faults.length });
    return isDone;
  };
  // As in a cutover, nothing comes after what could not be done.
  for (const [what, work] of stepsOf(
    installation,
    async (routes) => void faults.push(...(await prove(routes))),
  ))
    if (!(await step(what, work))) break;
  await step('every user looks at everything', () => traffic.stop());
  for (const write of await installation.divergences()) faults.push(`answered otherwise: ${write}`);
  return { faults, acknowledged: traffic.acknowledged() };
}

function* stepsOf(
  installation: Installation,
  prove: (routes: readonly string[]) => Promise<void>,
): Generator<[what: string, work: () => Promise<unknown>]> {
  yield ['all legacy', async () => {}];
  for (const [phase, routes] of Object.entries(installation.phases)) {
    yield [`${phase}: new`, () => installation.flip(phase, 'new')];
    yield [`${phase}: rolled back`, () => installation.rollback(phase)];
    yield [`${phase}: proven`, () => prove(routes)];
    yield [`${phase}: new again`, () => installation.flip(phase, 'new')];
  }
  yield ['both backends have everything', () => installation.even()];
  yield ['both backends show the same', () => installation.diff()];
  for (const phase of Object.keys(installation.phases))
    yield [`${phase}: complete`, () => installation.flip(phase, 'complete')];
  yield ['what legacy still had is on new', () => installation.even()];
  yield ['legacy is stopped', () => installation.stopLegacy()];
}
