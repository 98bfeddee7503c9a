import { expect, it } from 'vitest';
import { postgresUnavailable } from '../../../tools/setup/postgres.ts';
import { redisUnavailable } from '../../../tools/setup/redis.ts';
import { crash } from './crash.ts';
import { type CrashForm, embeddedForm, scaledOutForm } from './forms.ts';

/** As `npm run crashes`, which deals 200 blows, with each blow once or a few times. */
async function holds(open: () => Promise<CrashForm>, runs: number): Promise<void> {
  const form = await open();
  try {
    const { faults, acknowledged, deleted, blows } = await crash(form, { runs, seed: 20_260_131 });
    expect(faults).toEqual([]);
    expect(acknowledged).toBeGreaterThan(0);
    expect(deleted).toBeGreaterThan(0);
    expect(Object.keys(blows).sort()).toEqual(Object.keys(form.blows).sort());
  } finally {
    await form.close();
  }
}

it(
  'an embedded backend that is killed loses, doubles and strands no upload, and finds nothing that was deleted',
  () => holds(embeddedForm, 4),
  240_000,
);

it.skipIf(postgresUnavailable() ?? redisUnavailable())(
  'a backend of several processes loses, doubles and strands no upload and finds nothing that was deleted, whichever of its parts is killed',
  () => holds(scaledOutForm, 7),
  240_000,
);
