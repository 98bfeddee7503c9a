/** What a run says, for the terminal. */
import { quantile } from '../statistics.ts';
import { table, whole } from '../table.ts';
import type { AddedRun } from './added.ts';
import type { Holds } from './holds.ts';
import type { Keeping } from './mirror.ts';

export interface FlipsRun {
  /** What it was measured with, a line each. */
  setting: string[];
  holds?: Holds;
  mirror?: Keeping[];
  added?: AddedRun;
  /** What other programs used of the machine, 0 to 1. */
  others: number;
}

/** Milliseconds, and shares. */
const aims = { hold: 250, keeping: 1, p50: 2, p99: 1.05 };

export function flipsReport({ setting, holds, mirror, added, others }: FlipsRun): string {
  const parts = [
    ['Banyan benchmark: flips', ...setting.map((line) => `  ${line}`)].join('\n'),
    ...(holds ? [holdsPart(holds)] : []),
    ...(mirror ? [mirrorPart(mirror)] : []),
    ...(added ? [addedPart(added)] : []),
    `Other programs used ${whole(others * 100)} % of the machine.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

const one = (value: number) => value.toFixed(1);
const met = (is: boolean) => (is ? 'as aimed at' : 'short of the aim');

function holdsPart({ effect, rows }: Holds): string {
  const head = ['requests', 'flips', 'asked', 'failed', 'p50 ms', 'p99 ms', 'held p50', 'held p99'];
  const lines = rows.map(({ what, flips, requests, failed, took, hold }) => [
    ...[what, flips, requests, failed].map(String),
    ...[took.p50, took.p99, hold.p50, hold.p99].map(one),
  ]);
  const flipped = rows[1];
  const isMet = flipped !== undefined && flipped.hold.p99 < aims.hold && flipped.failed === 0;
  return [
    table(head, lines),
    '',
    `From the file's change until it is in force: p50 ${one(quantile(effect, 0.5))} ms, p99 ${one(quantile(effect, 0.99))} ms, of ${effect.length} flips of all routes.`,
    `Held with nothing owed: ${met(isMet)} (p99 under ${aims.hold} ms). Held: at most so long, by the buckets of banyan_hold_duration_seconds.`,
  ].join('\n');
}

function mirrorPart(mirror: readonly Keeping[]): string {
  const head = [
    'writes a second',
    'legacy alone',
    'given to legacy',
    '×',
    'through to new',
    '×',
    'behind ms',
  ];
  const lines = mirror.map(({ kind, legacy, toLegacy, toNew, behind }) => [
    ...[kind, whole(legacy), whole(toLegacy), (toLegacy / legacy).toFixed(2)],
    ...[whole(toNew), (toNew / legacy).toFixed(2), whole(behind)],
  ]);
  const isMet = mirror.every(({ legacy, toLegacy }) => toLegacy / legacy >= aims.keeping);
  return [
    table(head, lines),
    '',
    `The mirror against legacy's own write rate: ${met(isMet)} (${aims.keeping}).`,
    'Given to legacy: what new took while legacy stood still, from the moment that it goes on until it has everything.',
    'Through to new: as fast as clients get them through on legacy, until new has the last; behind: of that, after the last answer.',
  ].join('\n');
}

function addedPart({ rows, cpu, failed }: AddedRun): string {
  const head = ['request', 'p50 ms', 'added', '×', 'p99 ms', 'added', '×'];
  const lines = rows.map(({ kind, setup, took, p50, p99 }) => [
    `${kind}, ${setup}`,
    ...[one(took.p50), p50.milliseconds.median.toFixed(2), p50.ratio.median.toFixed(2)],
    ...[one(took.p99), p99.milliseconds.median.toFixed(2), p99.ratio.median.toFixed(2)],
  ]);
  const all = rows.filter(({ kind, setup }) => kind === 'all' && (setup === 'journal' || setup === 'shadow'));
  const verdicts = all.map(
    ({ setup, p50, p99 }) =>
      `${setup} adds ${p50.milliseconds.median.toFixed(2)} ms to p50, ${met(p50.milliseconds.median < aims.p50)} (${aims.p50} ms), and ${((p99.ratio.median - 1) * 100).toFixed(0)} % to p99, ${met(p99.ratio.median < aims.p99)} (${((aims.p99 - 1) * 100).toFixed(0)} %)`,
  );
  return [
    table(head, lines),
    '',
    `Of all requests, ${verdicts.join('; ')}. ${failed} requests failed.`,
    `Processor time of a request, with all that it causes: ${Object.entries(cpu)
      .map(([setup, used]) => `${setup} ${one(used)} ms`)
      .join(', ')}.`,
    'Medians of the rounds, each against "off" of its round; "off again" is what chance makes of it.',
  ].join('\n');
}
