/** `banyan divergences`: what the two backends did not answer alike, side by side. */
import type { Command } from 'commander';
import type { DivergentWrite } from '../../continuity/operator.ts';
import type { Compared, Divergence } from '../../continuity/shadow/tally.ts';
import type { CliContext } from '../context.ts';
import { localTime, tableLines } from '../table.ts';
import { gatewayOf } from './journal.ts';

interface Divergences {
  compared: Compared[];
  /** In mode `shadow`; since the start. */
  reads: Divergence[];
  /** Replayed ones; of the journal. */
  writes: DivergentWrite[];
}

export function divergencesCommand(program: Command, context: CliContext): void {
  program
    .command('divergences')
    .summary('show what the two backends did not answer alike, or asked the model otherwise')
    .description(
      'Shows how many answers were compared since the start, and the last that differed: writes as they were given to the other backend, with the prompts of both, and reads in mode shadow.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nExamples:\n  banyan divergences\n  banyan divergences --json | jq .reads')
    .action(async (options: { json: boolean }) => {
      const found = await (await gatewayOf(context)).get<Divergences>('/divergences');
      if (options.json) context.print(JSON.stringify(found, null, 2));
      else for (const line of divergenceLines(found, context)) context.print(line);
    });
}

export function divergenceLines(
  { compared, reads, writes }: Divergences,
  context: Pick<CliContext, 'width' | 'style'>,
): string[] {
  const columns = ['ROUTE', 'MATCHED', 'ACCEPTED', 'DIVERGENT', 'FAILED', 'NOT COMPARED'];
  const rows = compared.map(({ route, matched, accepted, divergent, failed, notCompared }) => {
    const left = Object.entries(notCompared).map(([why, count]) => `${count} ${why}`);
    return [route, ...[matched, accepted, divergent, failed].map(String), left.join(', ')];
  });
  const shown =
    rows.length === 0
      ? ['Nothing was compared since the start.']
      : tableLines(
          columns.map((title) => ({ title, shrinks: title === 'NOT COMPARED' })),
          rows,
          context.width,
          (text) => text,
        );
  for (const { time, route, differences, ...rest } of [...writes, ...reads]) {
    const entry = 'id' in rest ? `  ${String(rest.id)}` : '';
    shown.push('', context.style('red', `${localTime(time)}  ${route}${entry}`));
    for (const { place, kind, left, right, note } of differences.slice(0, 10)) {
      shown.push(`  ${place} (${kind}${note ? `, ${note}` : ''})`);
      shown.push(`    legacy: ${left}`, `    new:    ${right}`);
    }
    if (differences.length > 10) shown.push(`  and ${differences.length - 10} more`);
  }
  return shown;
}
