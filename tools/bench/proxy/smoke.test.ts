import { expect, test } from 'vitest';
import { canMeasure } from '../system/usage.ts';
import { report } from './report.ts';
import { run } from './run.ts';

test.skipIf(!canMeasure())(
  'one short round measures a bare proxy and the gateway, and no request fails',
  async () => {
    const only = ['node-http', 'gateway (http)'];
    const result = await run({ seconds: 1, rounds: 1, only, uploads: false, pin: false, progress: () => {} });
    const measured = result.results.map(({ name, measured }) => ({ name, failures: measured?.failures }));
    expect(measured).toEqual(only.map((name) => ({ name, failures: 0 })));
    for (const { measured } of result.results) {
      expect(measured?.small[0]?.requestsPerSecond).toBeGreaterThan(50);
      expect(measured?.large[0]?.requestsPerSecond).toBeGreaterThan(1);
      expect(measured?.small[0]?.cpu).toBeGreaterThan(1);
      expect(measured?.memory.idle).toBeGreaterThan(1e7);
    }
    expect(report(result)).toMatch(/gateway \(http\), small JSON: \d\.\d\d of node-http /);
  },
);
