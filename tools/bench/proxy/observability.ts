/** `npm run bench -- proxy --observability`: what logs, metrics and traces cost a request. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { median, ratio } from '../statistics.ts';
import { table, whole } from '../table.ts';
import type { Round } from './measure.ts';
import { observedGateways, unobserved } from './peers/observed.ts';
import { type Run, type RunOptions, run } from './run.ts';

/** Seconds: where there is more code, V8 takes longer until all that is hot is compiled. */
const WARM_UP = 6;

/**
 * Takes processes anew, as two of the same program differ by more than what is looked for: how V8 compiled them stays with them.
 * @param options `rounds` are those of one set of processes
 * @throws Error as `run`
 */
export async function runObserved({
  processes,
  ...options
}: Omit<RunOptions, 'peers' | 'uploads'> & { processes: number }): Promise<Run> {
  // A collector that takes everything, beside the load generator.
  const collector = createServer((request, answer) => {
    request.resume().on('end', () => answer.end('{}'));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  try {
    const runs: Run[] = [];
    for (let set = 1; set <= processes; set++)
      runs.push(
        await run({
          ...options,
          uploads: false,
          onlySmall: true,
          warmUp: WARM_UP,
          peers: observedGateways(`http://127.0.0.1:${port}`),
          progress: (text) => options.progress(`processes ${set} of ${processes}: ${text}`),
        }),
      );
    return together(runs);
  } finally {
    collector.closeAllConnections();
    collector.close();
  }
}

/** Round by round, so that what is compared within a round stays together. */
function together(runs: readonly Run[]): Run {
  const [first] = runs as [Run, ...Run[]];
  const results = first.results.map((result, i) => {
    if (!result.measured) return result;
    const all = runs.flatMap((run) => run.results[i]?.measured ?? []);
    const failures = all.reduce((sum, each) => sum + each.failures, 0);
    return {
      ...result,
      measured: { ...result.measured, small: all.flatMap(({ small }) => small), failures },
    };
  });
  const setting = [
    ...first.setting,
    `${runs.length} times, each with processes of its own and ${WARM_UP} s of warm-up`,
  ];
  return { ...first, setting, results };
}

export function reportObserved({ setting, results }: Run): string {
  const rows = results.flatMap(({ name, measured }) => (measured ? [{ name, rounds: measured.small }] : []));
  const none = rows.find(({ name }) => name === unobserved)?.rounds ?? [];
  const more = (rounds: readonly Round[], of: (round: Round) => number) =>
    none.length > 0 ? `${((ratio(rounds.map(of), none.map(of)).median - 1) * 100).toFixed(1)} %` : '';
  const least = (rounds: readonly Round[]) => Math.min(...rounds.map(({ cpu }) => cpu));
  const lines = rows.map(({ name, rounds }) => [
    name,
    whole(median(rounds.map(({ requestsPerSecond }) => requestsPerSecond))),
    more(rounds, ({ requestsPerSecond }) => requestsPerSecond),
    median(rounds.map(({ cpu }) => cpu)).toFixed(1),
    more(rounds, ({ cpu }) => cpu),
    least(rounds).toFixed(1),
    none.length > 0 ? `${((least(rounds) / least(none) - 1) * 100).toFixed(1)} %` : '',
  ]);
  const others = median(rows.flatMap(({ rounds }) => rounds.map((round) => round.others)));
  return `${[
    'Banyan benchmark: what watching costs a request of small JSON',
    ...setting.map((line) => `  ${line}`),
    '',
    table(['', 'req/s', 'more', 'CPU µs', 'more', 'least', 'more'], lines),
    '',
    `more: than with ${unobserved}, taken within a round, the median of the rounds.`,
    'least: of the round that was disturbed least; what others do on the machine only adds to it.',
    `Other programs used ${Math.round(others * 100)} % of the machine in the middle round.`,
  ].join('\n')}\n`;
}
