/** `banyan rollback [route|phase]` */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { rollback } from '../flags-access.ts';
import { printChanged } from '../print-changed.ts';

const examples = `
Examples:
  banyan rollback                      every route, at once
  banyan rollback messages --reason "slow answers"
  banyan rollback --restore            where the flag file is broken`;

export function rollbackCommand(program: Command, context: CliContext): void {
  program
    .command('rollback')
    .summary('move a route, a phase or everything back to legacy')
    .description('Sets routes back to legacy in the flag file: all of them, or those of a route or phase.')
    .usage('[route|phase] [options]')
    .argument('[words...]', 'a route (quoted or as two words) or a phase; everything where left out')
    .option('--reason <text>', 'why, for the audit log', 'no reason given')
    .option(
      '--restore',
      'where the file has faults: put the last good text back first, keep the faulty one aside',
      false,
    )
    .addHelpText('after', examples)
    .action(async (words: string[], options: { reason: string; restore: boolean }) => {
      const target = words.length > 0 ? words.join(' ') : undefined;
      const changed = await rollback(context, { target, restore: options.restore, why: options.reason });
      printChanged(context, changed, `${target ?? 'Every route'} is legacy already`);
    });
}
