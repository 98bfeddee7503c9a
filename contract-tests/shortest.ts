/**
 * The shortest sequence of a recording that still shows a divergence: the exchange itself, and of what came before it
 * only what it takes. Each attempt is a replay against two fresh backends.
 */

import type { Recording } from './har.ts';
import { plan } from './replay/plan.ts';
import { type Compared, runSuite, type SuiteOptions } from './suite.ts';

/** Attempts that are made; what is found by then is what is told. */
const ATTEMPTS = 12;

/** @returns places in the recording, from 0 */
export async function shortestSequence(
  options: SuiteOptions,
  recording: Recording,
  found: Compared,
): Promise<number[]> {
  let attempts = 0;
  const shows = async (indexes: readonly number[]) => {
    attempts += 1;
    const exchanges = recording.exchanges.filter(({ index }) => indexes.includes(index));
    let seen = false;
    const onCompared = ({ index, pair, judgement }: Compared) => {
      seen ||= index === found.index && pair === found.pair && sameFault(judgement, found.judgement);
    };
    await runSuite({ ...quiet(options), recordings: [{ ...recording, exchanges }], onCompared });
    return seen;
  };
  const before = recording.exchanges.filter(({ index }) => index <= found.index).map(({ index }) => index);
  let shortest = before;
  for (const candidate of candidatesOf(options, recording, found))
    if (candidate.length < shortest.length && (await shows(candidate))) {
      shortest = candidate;
      break;
    }
  for (const index of shortest.slice(0, -1)) {
    if (attempts >= ATTEMPTS) break;
    const fewer = shortest.filter((other) => other !== index);
    if (await shows(fewer)) shortest = fewer;
  }
  return shortest;
}

function quiet(options: SuiteOptions): SuiteOptions {
  const { onNoise: _, ...rest } = options;
  return { ...rest, patience: 3000 };
}

const sameFault = (a: Compared['judgement'], b: Compared['judgement']) =>
  a.differences[0]?.place === b.differences[0]?.place && a.differences[0]?.kind === b.differences[0]?.kind;

/** From the shortest: it alone, what made its values, the writes that share a value with it, every write. */
function candidatesOf({ table }: SuiteOptions, { exchanges }: Recording, { index }: Compared): number[][] {
  const { steps, graph } = plan(table, exchanges);
  const makers = new Set<number>([index]);
  for (const at of makers) for (const { value } of graph.usedBy(at)) makers.add(value.madeAt.index);
  const writes = steps
    .filter(({ route, exchange }) => route?.access === 'write' && exchange.index < index)
    .map(({ exchange }) => exchange.index);
  const touched = new Set([...makers].flatMap((at) => graph.usedBy(at).map(({ value }) => value.value)));
  const sharing = writes.filter((at) => graph.usedBy(at).some(({ value }) => touched.has(value.value)));
  const sorted = (indexes: Iterable<number>) => [...new Set(indexes)].sort((a, b) => a - b);
  return [[index], sorted(makers), sorted([...makers, ...sharing]), sorted([...makers, ...writes])];
}
