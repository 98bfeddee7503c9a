import { describe, expect, it, vi } from 'vitest';
import { inTime } from './in-time.ts';

const never = () => new Promise<never>(() => {});
const late = () => {
  throw new Error('late');
};

describe('work that is done in time', () => {
  it('gives its result, and nothing is late', async () => {
    const whenLate = vi.fn(() => 'late');
    expect(await inTime(60_000, async () => 'done', whenLate)).toBe('done');
    expect(whenLate).not.toHaveBeenCalled();
  });

  it('that fails gives its error', async () => {
    await expect(inTime(60_000, () => Promise.reject(new Error('its own')), late)).rejects.toThrow('its own');
  });
});

describe('work that takes longer', () => {
  it('has its result replaced, and is told to stop', async () => {
    let signal: AbortSignal | undefined;
    const work = (given: AbortSignal) => {
      signal = given;
      return never();
    };
    expect(await inTime(5, work, () => 'late')).toBe('late');
    expect(signal?.aborted).toBe(true);
  });

  it('is an error where being late is one', async () => {
    await expect(inTime(5, never, late)).rejects.toThrow('late');
  });

  it('fails afterwards without anybody having to see to it', async () => {
    const work = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => setImmediate(() => reject(new Error('too late'))));
      });
    expect(await inTime(5, work, () => 'late')).toBe('late');
    // An unhandled rejection would fail the run.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  });
});
