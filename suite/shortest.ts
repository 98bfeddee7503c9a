/**
 * The shortest sequence of a recording that still shows a divergence: the exchange itself, and of what came before it
 * only what it takes. Each attempt is a replay against two fresh backends.
 */
import { generalised, type Path, stepsOf } from '@banyan/compare/json/places.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { JsonPlace } from '@banyan/route-table/route-table.ts';
import type { Compared } from './compared.ts';
import type { ValueGraph } from './replay/graph.ts';
import { plan, type Step } from './replay/plan.ts';
import { runSuite } from './suite.ts';
import type { SuiteOptions } from './suite-options.ts';

export interface Search {
  /** How many replays may be made; what is found by then is what is told. 20 unless told. */
  attempts?: number;
  /** Milliseconds after which none is begun; 30,000 unless told. */
  time?: number;
  /** Called before each replay. */
  onAttempt?: (attempt: number, exchanges: number) => void;
}

/** @returns places in the recording, from 0 */
export async function shortestSequence(
  options: SuiteOptions,
  recording: Recording,
  found: Compared,
  { attempts = 20, time = 30_000, onAttempt }: Search = {},
): Promise<number[]> {
  const until = performance.now() + time;
  let attempt = 0;
  const mayGoOn = () => attempt < attempts && performance.now() < until;
  const shows = async (indexes: readonly number[]) => {
    attempt += 1;
    onAttempt?.(attempt, indexes.length);
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
    if (candidate.length < shortest.length && mayGoOn() && (await shows(candidate))) {
      shortest = candidate;
      break;
    }
  // Half of it at once, then less and less: most of a long sequence is of no matter.
  for (let size = shortest.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at + size < shortest.length && mayGoOn(); ) {
      const fewer = shortest.toSpliced(at, size);
      if (await shows(fewer)) shortest = fewer;
      else at += size;
    }
  return shortest;
}

function quiet(options: SuiteOptions): SuiteOptions {
  const { onNoise: _, ...rest } = options;
  return { ...rest, patience: 3000 };
}

/** In fewer exchanges the same element of a list may stand elsewhere. */
const sameFault = (a: Compared['judgement'], b: Compared['judgement']) =>
  generalised(a.differences[0]?.place ?? '') === generalised(b.differences[0]?.place ?? '') &&
  a.differences[0]?.kind === b.differences[0]?.kind;

/**
 * From the shortest: it alone; what made the values that it asks with; what made those that stand beside the difference, and
 * what was written to these; every write. With the reads that waited for work, or the work would not be over.
 */
function candidatesOf(
  { table }: SuiteOptions,
  { exchanges }: Recording,
  { index, judgement }: Compared,
): number[][] {
  const { steps, graph } = plan(
    table,
    exchanges.filter((each) => each.index <= index),
  );
  const sorted = (indexes: Iterable<number>) => [...new Set([...indexes, index])].sort((a, b) => a - b);
  const makers = makersOf(graph, new Set([index]));
  const near = makersOf(graph, new Set([index, ...makersBeside(graph, index, judgement)]));
  const writes = steps.filter(({ route, exchange }) => route?.access === 'write' && exchange.index < index);
  const done = writes.filter(({ exchange }) => exchange.answer.status < 400).map(placeOf);
  const to = (of: ReadonlySet<number>, at: readonly number[]) =>
    at.filter((write) => shares(graph, of, write));
  const waits = waitsIn(steps);
  const candidates = [
    [index],
    sorted(makers),
    sorted([...near, ...to(near, done)]),
    sorted([...near, ...to(near, done), ...waits]),
    sorted([...near, ...to(near, writes.map(placeOf)), ...waits]),
    sorted([...makers, ...done, ...waits]),
    sorted([...makers, ...writes.map(placeOf), ...waits]),
  ];
  return [...new Map(candidates.map((each) => [each.join(), each])).values()];
}

const placeOf = ({ exchange }: Step) => exchange.index;

/** With what made the values that these were asked with, and so on. */
function makersOf(graph: ValueGraph, indexes: Set<number>): ReadonlySet<number> {
  for (const at of indexes) for (const { value } of graph.usedBy(at)) indexes.add(value.madeAt.index);
  return indexes;
}

/** What made the values that the answer shows in the element of a list that differs, or anywhere where none does alone. */
function makersBeside(graph: ValueGraph, index: number, { differences }: Compared['judgement']): number[] {
  const path = stepsOf((differences[0]?.place.replace(/^body /, '') ?? '$') as JsonPlace);
  const element = path.slice(0, path.findLastIndex((step) => typeof step === 'number') + 1);
  return [...graph.values.values()].flatMap(({ madeAt, shown }) =>
    shown.some((at) => at.index === index && at.spot.in === 'response' && isIn(at.spot.path, element))
      ? [madeAt.index]
      : [],
  );
}

const isIn = (path: Path, container: Path) => container.every((step, i) => path[i] === step);

/** A write that carries a value which one of these made or carries too. */
function shares(graph: ValueGraph, of: ReadonlySet<number>, write: number): boolean {
  const known = new Set([...of].flatMap((at) => graph.usedBy(at).map(({ value }) => value)));
  for (const at of of) for (const value of graph.madeBy(at)) known.add(value);
  return graph.usedBy(write).some(({ value }) => known.has(value));
}

/** Of the reads that watched work in the background, the last one before each write. */
function waitsIn(steps: readonly Step[]): number[] {
  const reads = steps.filter(({ route }) => route?.access === 'read');
  const writes = steps.filter(({ route }) => route?.access === 'write').map(placeOf);
  return [...writes, Number.POSITIVE_INFINITY].flatMap((write) => {
    const last = reads.findLast(({ exchange, watches }) => watches && exchange.index < write);
    return last ? [last.exchange.index] : [];
  });
}
