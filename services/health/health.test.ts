import { expect, test } from 'vitest';
import { localTimestamp } from '../wire/time.ts';
import { health } from './health.ts';

const now = () => 1_767_225_600_123_456;

test.each([
  [true, 'available'],
  [false, 'unavailable'],
])('says healthy, the present local time, and with LlamaParse %s: %s', async (llamaParse, llamaparse) => {
  expect(await health({ llamaParse })({ params: {} }, { now })).toEqual({
    status: 200,
    json: { status: 'healthy', timestamp: localTimestamp(now()), llamaparse },
  });
});
