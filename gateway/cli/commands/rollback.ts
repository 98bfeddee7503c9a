/** `banyan rollback [route|phase]` */
import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { dryRun } from '../dry-run.ts';
import { rollback } from '../flags-access.ts';
import { printFlipped } from '../print-flipped.ts';

const examples = `
Exits with 0 if everything that was named is on legacy, and with 3 if something is left: a route that has no way back (it is
complete, or has data in common with a route that is), or, with --now, writes that legacy lacks.

Nothing refuses a rollback: not missing evidence, not an alarm, not a flag file with faults (its last good text is put back first,
and the faulty text is kept), not a database that is away.

Examples:
  banyan rollback                      every route, at once
  banyan rollback --dry-run            what would happen, and what would be left behind
  banyan rollback messages --reason "slow answers"
  banyan rollback --now                if the new backend must not serve a moment longer`;

interface Options {
  reason: string | undefined;
  now: boolean;
  dryRun: boolean;
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
    .option('--reason <text>', 'why, for the audit log')
    // Every rollback does it by now; scripts and runbooks from before still say it.
    .addOption(new Option('--restore').hideHelp())
    .option(
      '--now',
      'do not wait until legacy has everything: it serves at once; what it lacks is listed, kept, and given to it later',
      false,
    )
    .option('--dry-run', 'only say what would happen, and what would be left behind', false)
    .option(
      '--force',
      'also if legacy came back without much of its data; it is then given what it lacks',
      false,
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (words: string[], { now, reason, json, ...options }: Options) => {
      const target = words.length > 0 ? words.join(' ') : undefined;
      const { force } = options;
      if (options.dryRun) return dryRun(context, { target, mode: 'legacy', now, force, json });
      const flipped = await rollback(context, { target, now, force, why: reason });
      printFlipped(context, flipped, `${target ?? 'Every route'} is legacy already`, json);
      if (now && !flipped.inForce && !json)
        context.print('Only a running gateway knows what legacy lacks; the next start gives it to legacy.');
    });
}
