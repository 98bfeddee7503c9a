/** `banyan alarms`: routes on which a backend does what the route table does not describe. */
import type { Command } from 'commander';
import type { Alarm } from '../../continuity/alarms/alarm.ts';
import type { CliContext } from '../context.ts';
import { localTime, wrap } from '../table.ts';
import { gatewayOf } from './journal.ts';

const examples = `
Examples:
  banyan alarms
  banyan alarms --json | jq .alarms
  banyan alarms lift "POST /api/chats" --reason "legacy makes uuids since release 7"`;

export function alarmsCommand(program: Command, context: CliContext): void {
  const alarms = program
    .command('alarms')
    .summary(
      'show which routes must stay on legacy, because a backend does what the route table does not describe',
    )
    .description(
      'Shows the alarms that stand: what a backend did, since when, how often, the last example, and what to do. A route with an alarm is not flipped to the new backend.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (options: { json: boolean }) => {
      const found = await (await gatewayOf(context)).get<{ alarms: Alarm[] }>('/alarms');
      if (options.json) context.print(JSON.stringify(found, null, 2));
      else if (found.alarms.length === 0) context.print('There is no alarm.');
      else for (const line of alarmLines(found.alarms, context)) context.print(line);
    });
  const lift = alarms
    .command('lift')
    .summary('end the alarms of a route whose cause is gone; needs a reason, which the audit log keeps')
    .argument('<route...>', 'as `banyan alarms` writes it')
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  banyan alarms lift "POST /api/chats" --reason "legacy was put right"',
    )
    .action(async (words: string[], options: { reason?: string }, command: Command) => {
      if (options.reason === undefined) lift.error('error: lift needs --reason "why", for the audit log');
      const body = { route: words.join(' '), reason: options.reason, who: context.user };
      const { lifted } = await (await gatewayOf(context)).post<{ lifted: Alarm[] }>('/alarms/lift', body);
      if (command.optsWithGlobals<{ json: boolean }>().json)
        context.print(JSON.stringify({ lifted }, null, 2));
      else
        context.print(
          `The alarm of ${body.route} is lifted. \`banyan journal retry\` gives the writes that were stuck because of it.`,
        );
    });
}

/** A block for each, as they are long. */
export function alarmLines(alarms: readonly Alarm[], context: Pick<CliContext, 'width' | 'style'>): string[] {
  return alarms.flatMap(({ route, what, since, last, count, example, do: advice }, i) => [
    ...(i > 0 ? [''] : []),
    context.style('red', `alarm     ${route}, since ${localTime(since)}`),
    ...[what, `${times(count)}, last ${localTime(last)}: ${example}`, advice]
      .flatMap((text) => wrap(text, context.width - 10))
      .map((line) => `          ${line}`),
  ]);
}

const times = (count: number) => (count === 1 ? 'Seen once' : `Seen ${count} times`);
