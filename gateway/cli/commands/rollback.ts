/** `banyan rollback [route|phase]` */
import type { Command } from 'commander';
import type { LeftBehind } from '../../continuity/journal/leave.ts';
import type { CliContext } from '../context.ts';
import { type RolledBack, rollback } from '../flags-access.ts';
import { printChanged } from '../print-changed.ts';
import { localTime } from '../table.ts';

const examples = `
Examples:
  banyan rollback                      every route, at once
  banyan rollback messages --reason "slow answers"
  banyan rollback --now                if the new backend must not serve a moment longer
  banyan rollback --restore            if the flag file is broken`;

interface Options {
  reason: string;
  restore: boolean;
  now: boolean;
  force: boolean;
  json: boolean;
}

export function rollbackCommand(program: Command, context: CliContext): void {
  program
    .command('rollback')
    .summary('move a route, a phase or everything back to legacy')
    .description('Sets routes back to legacy in the flag file: all of them, or those of a route or phase.')
    .usage('[route|phase] [options]')
    .argument('[words...]', 'a route (quoted or as two words) or a phase; everything if left out')
    .option('--reason <text>', 'why, for the audit log', 'no reason given')
    .option(
      '--restore',
      'if the file has faults: put the last good text back first, and keep the faulty text aside',
      false,
    )
    .option(
      '--now',
      'do not wait until legacy has everything: it serves at once; what it lacks is listed, kept, and given to it later',
      false,
    )
    .option(
      '--force',
      'also if legacy came back without much of its data; it is then given what it lacks',
      false,
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (words: string[], options: Options) => {
      const target = words.length > 0 ? words.join(' ') : undefined;
      const { restore, now, force, reason, json } = options;
      const changed = await rollback(context, { target, restore, now, force, why: reason });
      printChanged(context, changed, `${target ?? 'Every route'} is legacy already`, json);
      if (now && !json) for (const line of leftLines(changed, context)) context.print(line);
    });
}

/** What legacy serves without, chat by chat. */
function leftLines({ inForce, left, held = [] }: RolledBack, context: CliContext): string[] {
  if (!inForce || !left)
    return ['Only a running gateway knows what legacy lacks; the next start gives it to legacy.'];
  const under = held.map(
    (key) => `The new backend is still at work on ${key}: it follows once that is over.`,
  );
  if (left.length === 0) return ['Legacy has everything.', ...under];
  const keys = new Map<string, LeftBehind[]>();
  for (const entry of left) {
    const key = entry.keys.find((name) => !name.startsWith('list:')) ?? entry.keys[0] ?? '';
    keys.set(key, [...(keys.get(key) ?? []), entry]);
  }
  return [
    context.style(
      'yellow',
      `Legacy serves at once, without ${left.length} ${left.length === 1 ? 'write' : 'writes'} that it is still to be given:`,
    ),
    ...[...keys].flatMap(([key, entries]) => [
      `  ${key}`,
      ...entries.map(
        ({ id, route, settledAt, reason }) =>
          `    ${localTime(settledAt)}  ${route}  ${id}${reason ? `: ${reason.replaceAll(/\s+/g, ' ')}` : ''}`,
      ),
    ]),
    ...under,
  ];
}
