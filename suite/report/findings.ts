/** Divergences as a person looks for their cause: those that say the same are one finding, the earliest first. */
import type { Difference } from '@banyan/compare/answer.ts';
import { generalised } from '@banyan/compare/json/places.ts';
import type { Compared } from '../compared.ts';

export interface Finding {
  /** The first exchange that shows it. */
  first: Compared;
  /** How many exchanges do. */
  count: number;
  differences: readonly Difference[];
  /** The shortest sequence of the recording that shows it, as numbers from 1; undefined where it was not looked for. */
  shortest?: readonly number[] | undefined;
}

export function findingsOf(compared: readonly Compared[]): Finding[] {
  const findings = new Map<string, Finding>();
  for (const each of compared) {
    const { differences } = each.judgement;
    const key = keyOf(each);
    if (key === undefined) continue;
    const known = findings.get(key);
    if (known) known.count += 1;
    else findings.set(key, { first: each, count: 1, differences });
  }
  return [...findings.values()];
}

/** The one that these comparisons of an exchange are part of. */
export function findingOf(findings: readonly Finding[], compared: readonly Compared[]): Finding | undefined {
  const keys = compared.flatMap((each) => keyOf(each) ?? []);
  return findings.find(({ first }) => keys.includes(keyOf(first) ?? ''));
}

/** What tells divergences apart: where they are, between whom and of which kind; undefined where there is none. */
function keyOf({ pair, route, judgement }: Compared): string | undefined {
  const [main] = judgement.differences;
  return main && `${pair} ${route} ${main.kind} ${generalised(main.place)}`;
}

/**
 * What replays just this.
 * @param same options of the run that found it, as they were given
 */
export function commandOf({ first, shortest }: Finding, same = ''): string {
  const only = shortest ? ` --only ${shortest.join(',')}` : '';
  return `npm run contract -- --recording ${first.recording}${only}${same && ` ${same}`}`;
}
