/** `npm run bench -- proxy --observability`: what logs, metrics and traces cost a request. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { median, ratio } from '../statistics.ts';
import { table, whole } from '../table.ts';
import type { Round } from './measure.ts';
import { observedGateways, unobserved } from './peers/observed.ts';
import { type Run, type RunOptions, run } from './run.ts';

/** @throws Error as `run` */
export async function runObserved(options: Omit<RunOptions, 'peers' | 'uploads'>): Promise<Run> {
  // A collector that takes everything, beside the load generator.
  const collector = createServer((request, answer) => {
    request.resume().on('end', () => answer.end('{}'));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  try {
    return await run({
      ...options,
      uploads: false,
      onlySmall: true,
      peers: observedGateways(`http://127.0.0.1:${port}`),
    });
  } finally {
    collector.closeAllConnections();
    collector.close();
  }
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
