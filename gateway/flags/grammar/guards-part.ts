/** The `guards` and `shadow` parts of the flag file: when a route is rolled back by itself, and how many reads are asked twice. */
import { isMap, isScalar } from 'yaml';
import type { Guards } from '../model.ts';
import { type Check, entries, type Part, valueAt } from './check.ts';

export const defaultGuards: Guards = {
  errors: 0.02,
  divergences: 0,
  latency: { times: 3 },
  window: 60_000,
  sample: 20,
};

export const percentPattern = '^(?:100|\\d{1,2}(?:\\.\\d)?)%$';
export const durationPattern = '^[1-9]\\d{0,5}(?:ms|s|m)$';
export const latencyPattern = '^(?:[1-9]\\d{0,5}(?:ms|s|m)|[1-9]\\d?(?:\\.\\d)?x|off)$';

const milliseconds = { ms: 1, s: 1000, m: 60_000 };

function durationOf(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  return Number(count) * milliseconds[(unit ?? 'ms') as keyof typeof milliseconds];
}

const share = (text: string) => Number(text.slice(0, -1)) / 100;

interface Word {
  is: RegExp;
  /** What stands there if it is right. */
  says: string;
  put(guards: Guards, text: string): void;
}

const words: Readonly<Record<string, Word>> = {
  errors: {
    is: new RegExp(percentPattern),
    says: 'a share like `2%`',
    put: (guards, text) => {
      guards.errors = share(text);
    },
  },
  divergences: {
    is: /^\d{1,6}$/,
    says: 'a number like `0`',
    put: (guards, text) => {
      guards.divergences = Number(text);
    },
  },
  latency: {
    is: new RegExp(latencyPattern),
    says: '`3x` (as legacy takes), a time like `800ms`, or `off`',
    put: (guards, text) => {
      if (text === 'off') guards.latency = undefined;
      else
        guards.latency = text.endsWith('x')
          ? { times: Number(text.slice(0, -1)) }
          : { milliseconds: durationOf(text) };
    },
  },
  window: {
    is: new RegExp(durationPattern),
    says: 'a time like `1m`',
    put: (guards, text) => {
      guards.window = durationOf(text);
    },
  },
  sample: {
    is: /^[1-9]\d{0,5}$/,
    says: 'a number like `20`',
    put: (guards, text) => {
      guards.sample = Number(text);
    },
  },
};

/** @returns undefined where they are off */
export function checkGuards(part: Part | undefined, check: Check): Guards | undefined {
  if (!part) return defaultGuards;
  const { value } = part;
  if (isScalar(value) && value.value === 'off') return undefined;
  const guards = { ...defaultGuards };
  if (!isMap(value)) {
    check.fault(valueAt(value, part.at), '`guards` must be `off` or a map: `{ errors: 2%, window: 1m }`.');
    return guards;
  }
  const seen = new Set<string>();
  for (const { name, at, value: given } of entries(value, check)) {
    const word = words[name];
    if (!word) {
      check.fault(at, `\`${name}\` is no guard; there are ${listed}.`);
      continue;
    }
    if (seen.has(name)) check.fault(at, `\`${name}\` stands twice; put both into one.`);
    seen.add(name);
    const text = isScalar(given) ? String(given.source ?? given.value) : '';
    if (word.is.test(text)) word.put(guards, text);
    else check.fault(valueAt(given, at), `\`${name}\` must be ${word.says}.`);
  }
  return guards;
}

const listed = '`errors`, `divergences`, `latency`, `window` and `sample`';

/** `shadow: { sample: 25% }`. @returns the share of reads that is asked of the other backend too */
export function checkShadow(part: Part | undefined, check: Check): number {
  if (!part) return 1;
  const found = isMap(part.value) ? [...entries(part.value, check)] : [];
  const [sample] = found;
  const text = sample && isScalar(sample.value) ? String(sample.value.value) : '';
  if (found.length === 1 && sample?.name === 'sample' && new RegExp(percentPattern).test(text))
    return share(text);
  check.fault(part.at, '`shadow` must be `{ sample: 25% }`, the share of the reads that are compared.');
  return 1;
}
