/** `banyan divergences`: what the two backends did not answer alike, side by side. */
import type { Command } from 'commander';
import { differentLines } from '../../console/page/line-diff.js';
import type { ShownAnswer, ShownAnswers } from '../../console/shown-answer.ts';
import type { DivergentWrite } from '../../continuity/operator.ts';
import {
  type Compared,
  type Divergence,
  type NotCompared,
  whyNotCompared,
} from '../../continuity/shadow/tally.ts';
import type { CliContext } from '../context.ts';
import { localTime, tableLines, wrap } from '../table.ts';
import { gatewayOf } from './journal.ts';

interface Divergences {
  compared: Compared[];
  /** In mode `shadow`; those since the start. */
  reads: Divergence[];
  /** Replayed ones; of the journal. */
  writes: DivergentWrite[];
}

const examples = `
Examples:
  banyan divergences
  banyan divergences read-3              both answers
  banyan divergences --json | jq .reads`;

export function divergencesCommand(program: Command, context: CliContext): void {
  program
    .command('divergences')
    .summary('show where the two backends answered differently, or asked the model differently')
    .description(
      'Shows how many answers were compared, with the reasons why others were not, and the last that differed: writes as they were given to the other backend, with the prompts of both, and reads in mode shadow.',
    )
    .argument('[id]', 'id of a divergence: shows both answers whole, and marks the lines that differ')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (id: string | undefined, options: { json: boolean }) => {
      if (id !== undefined) return showAnswers(context, id, options.json);
      const found = await (await gatewayOf(context)).get<Divergences>('/divergences');
      if (options.json) context.print(JSON.stringify(found, null, 2));
      else for (const line of divergenceLines(found, context)) context.print(line);
    });
}

async function showAnswers(context: CliContext, id: string, json: boolean): Promise<void> {
  const gateway = await gatewayOf(context);
  const found = await gateway.get<ShownAnswers>(`/divergences/${encodeURIComponent(id)}`);
  if (json) context.print(JSON.stringify(found, null, 2));
  else for (const line of answerLines(found, context)) context.print(line);
}

/** Both answers whole, with the lines marked that differ. */
export function answerLines(found: ShownAnswers, { style }: Pick<CliContext, 'style'>): string[] {
  const sides = { legacy: linesOf(found.legacy), new: linesOf(found.new) };
  const [ofLegacy, ofNew] = differentLines(sides.legacy, sides.new);
  const marked = (lines: string[], different: Set<number>) =>
    lines.map((line, i) => (different.has(i) ? style('red', `! ${line}`) : `  ${line}`.trimEnd()));
  return [
    ...[style('bold', 'legacy'), ...marked(sides.legacy, ofLegacy), ''],
    ...[style('bold', 'new'), ...marked(sides.new, ofNew)],
  ];
}

function linesOf(answer: ShownAnswer | null): string[] {
  if (!answer) return ['Its answer is not known.'];
  const { status, reason, headers, body, cut } = answer;
  const head = [`${status} ${reason}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return [...head, '', ...body.trimEnd().split('\n'), ...(cut ? ['… and more'] : [])];
}

function divergenceLines(
  { compared, reads, writes }: Divergences,
  context: Pick<CliContext, 'width' | 'tableWidth' | 'style'>,
): string[] {
  const columns = ['ROUTE', 'MATCHED', 'ACCEPTED', 'DIVERGENT', 'FAILED', 'NOT COMPARED'];
  const rows = compared.map(({ route, matched, accepted, divergent, failed, notCompared }) => {
    const left = Object.values(notCompared).reduce((sum, count) => sum + count, 0);
    return [route, ...[matched, accepted, divergent, failed, left].map(String)];
  });
  const shown =
    rows.length === 0
      ? ['Nothing was compared yet.']
      : tableLines(
          columns.map((title) => ({ title })),
          rows,
          context.tableWidth,
          (text) => text,
        );
  const reasons = compared.flatMap(({ route, notCompared }) =>
    Object.entries(notCompared).map(
      ([why, count]) => `${route}: ${count} not compared, because ${whyNotCompared[why as NotCompared]}`,
    ),
  );
  if (reasons.length > 0) shown.push('', ...reasons.flatMap((reason) => wrap(reason, context.width)));
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
