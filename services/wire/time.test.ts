import { afterEach, expect, test } from 'vitest';
import { python } from '../testing/python.ts';
import { localTimestamp, utcTimestamp } from './time.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const script = `
from datetime import datetime, timedelta
def local(micros):
    return datetime.fromtimestamp(micros // 1000000) + timedelta(microseconds=micros % 1000000)
answer = [local(micros).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for micros in given]
`;

const at = (text: string, micros = 0) => Date.parse(text) * 1000 + micros;

/** Digits at their limits, both changes of the clock of Europe and America, ends of years, before 1970. */
const moments = [
  at('2026-01-31T09:15:00Z', 123456),
  at('2026-01-31T09:15:00Z', 1),
  at('2026-01-31T09:15:00.999Z', 999),
  at('2026-01-31T09:15:00.007Z', 60),
  at('2025-12-31T23:59:59.999Z', 999),
  at('2026-01-01T00:00:00Z'),
  at('2024-02-29T12:00:00Z'),
  at('2026-03-29T00:59:59.999Z', 999),
  at('2026-03-29T01:00:00Z'),
  at('2026-10-25T00:30:00Z'),
  at('2026-10-25T01:30:00Z'),
  at('2026-03-08T06:59:59Z'),
  at('2026-03-08T07:00:00Z'),
  at('2026-11-01T05:30:00Z'),
  at('2026-11-01T06:30:00Z'),
  at('1969-12-31T23:59:59.999Z', 999),
];

test.each([
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Australia/Lord_Howe',
])('in %s a time is what the legacy app shows there', async (name) => {
  process.env.TZ = name;
  expect(moments.map(localTimestamp)).toEqual(await python(script, moments, { TZ: name }));
});

test('a time has six digits and a Z, which says nothing of UTC', () => {
  process.env.TZ = 'Asia/Kolkata';
  expect(localTimestamp(at('2026-01-31T09:15:00Z', 7))).toBe('2026-01-31T14:45:00.000007Z');
});

test('the same digits in UTC, whatever the zone', () => {
  process.env.TZ = 'Asia/Kathmandu';
  expect(utcTimestamp(at('2026-01-31T09:15:00Z', 7))).toBe('2026-01-31T09:15:00.000007Z');
  expect(utcTimestamp(at('1969-12-31T23:59:59.999Z', 999))).toBe('1969-12-31T23:59:59.999999Z');
  expect(utcTimestamp(-1)).toBe('1969-12-31T23:59:59.999999Z');
});
