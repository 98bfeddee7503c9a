/** What a run says, for the terminal. */
import { median, ratio, type Spread, spread } from '../statistics.ts';
import { table, whole } from '../table.ts';
import { efficiencyOf, megabytes, type References, type Row, referencesOf, requestsOf } from './figures.ts';
import { connections, type Round } from './measure.ts';
import type { Result, Run } from './run.ts';
import { verdicts } from './verdicts.ts';

/** A proxy that used less of its core was not what held the round back. */
const busy = 0.85;

export function report(run: Run): string {
  const rows = run.results.filter((result): result is Row => result.measured !== undefined);
  const references = referencesOf(rows);
  const parts = [
    ['Banyan benchmark: the gateway as a proxy', ...run.setting.map((line) => `  ${line}`)].join('\n'),
    throughput(`Small JSON, ${connections.small} connections`, rows, 'small', references),
    throughput(`1 MB bodies, ${connections.large} connections`, rows, 'large', references),
    latencyAndMemory(rows),
    verdicts(rows, references).join('\n'),
    notes(run.results, rows).join('\n'),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function throughput(
  title: string,
  rows: readonly Row[],
  body: 'small' | 'large',
  references: References,
): string {
  const bare = references.bare(body);
  const against = (row: Row, reference: Row | undefined, of: (round: Round) => number) =>
    reference ? ratio(row.measured[body].map(of), reference.measured[body].map(of)).median.toFixed(2) : '';
  const lines = rows.map((row) => {
    const rounds = row.measured[body];
    const share = median(rounds.map((round) => round.share));
    return [
      row.name,
      ...withRange(spread(rounds.map(requestsOf))),
      against(row, references.library, requestsOf),
      against(row, bare, requestsOf),
      whole(median(rounds.map((round) => round.cpu))),
      against(row, references.library, efficiencyOf),
      against(row, bare, efficiencyOf),
      `${percent(share)}${share < busy ? ' !' : ''}`,
    ];
  });
  const head = ['', 'req/s', 'rounds', '× hpm', '× bare', 'CPU µs', '× hpm', '× bare', 'core used'];
  return `${title} (bare: ${bare?.name ?? 'none'})\n${table(head, lines)}`;
}

function withRange({ median, min, max }: Spread): string[] {
  return [whole(median), `${whole(min)}–${whole(max)}`];
}

function latencyAndMemory(rows: readonly Row[]): string {
  const inMilliseconds = (values: number[]) => {
    const { median, min, max } = spread(values.map((value) => value / 1000));
    return [median.toFixed(2), `${min.toFixed(2)}–${max.toFixed(2)}`];
  };
  const lines = rows.map(({ name, measured: { added, memory, uploads } }) => [
    name,
    ...inMilliseconds(added.map(({ p50 }) => p50)),
    ...inMilliseconds(added.map(({ p99 }) => p99)),
    ...[memory.idle, memory.load].map(megabytes),
    ...(uploads && 'fault' in uploads ? ['FAULTY', 'FAULTY'] : [uploads?.one, uploads?.ten].map(megabytes)),
  ]);
  const head = ['', 'p50 ms', 'rounds', 'p99 ms', 'rounds', 'MB idle', 'MB load', '+MB upload', '+MB ten'];
  return `Added latency of small JSON at ${connections.latency} connections; memory, and what uploads of 50 MB add\n${table(head, lines)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function notes(results: readonly Result[], rows: readonly Row[]): string[] {
  const shares = (row: Row) => [...row.measured.small, ...row.measured.large].map((round) => round.share);
  const held = rows.some((row) => Math.min(...shares(row)) < busy);
  const { median: others, max } = spread(
    rows.flatMap(({ measured }) => measured.small.map((round) => round.others)),
  );
  const faulty = rows.filter(({ measured }) => measured.failures > 0);
  return [
    '× hpm: of http-proxy-middleware alone; × bare: of the fastest bare Node proxy; each ratio taken within a round.',
    'CPU µs: processor time of the proxy for one request, and the same two ratios by it; other programs disturb it least.',
    `Other programs used ${percent(others)} of the machine in the middle round, ${percent(max)} in the worst.`,
    ...(held
      ? [
          '! The proxy had less than 85 % of a core in some rounds: load generator, upstream or other programs held it back.',
        ]
      : []),
    ...faulty.map(
      ({ name, measured }) => `FAULTY: ${name} failed ${measured.failures} requests; its row is void.`,
    ),
    ...rows.flatMap(({ name, measured: { uploads } }) =>
      uploads && 'fault' in uploads ? [`FAULTY: ${name}: ${uploads.fault}`] : [],
    ),
    ...results.flatMap(({ name, missing }) => (missing ? [`${name}: ${missing}`] : [])),
  ];
}
