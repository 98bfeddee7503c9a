import { expect, test } from 'vitest';
import { health } from './health.ts';

const now = () => '2026-01-31T09:15:00.123456Z';

test.each([
  [true, 'available'],
  [false, 'unavailable'],
])('says healthy, the present time, and with LlamaParse %s: %s', (llamaParse, llamaparse) => {
  expect(health({ llamaParse })({}, { now })).toEqual({
    status: 200,
    json: { status: 'healthy', timestamp: now(), llamaparse },
  });
});
