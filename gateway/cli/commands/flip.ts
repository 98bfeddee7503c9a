/** `banyan flip <route|phase> <mode>` */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { flip } from '../flags-access.ts';
import { printChanged } from '../print-changed.ts';

const examples = `
Examples:
  banyan flip health new
  banyan flip GET /api/health new --reason "first route"
  banyan flip GET /api/chats shadow
  banyan flip messages canary:10%
  banyan flip "anything else" legacy
  banyan flip health new --force --reason "the recordings do not reach it"

Modes: legacy; shadow (legacy serves, the new backend is asked the reads too, and both answers are compared); canary:10% (the new
backend serves that share of the chats); new (the new backend serves, and legacy is given the writes); complete (legacy is given
nothing any more: there is no way back).

The new backend serves a route only where contract-tests/evidence.json proves it for the code that runs (npm run contract makes it);
--force flips it all the same, and the audit log says what was lacking. A route with an alarm (banyan alarms) is not flipped either;
with --force it is, and the audit log says which alarm stood against it.`;

export function flipCommand(program: Command, context: CliContext): void {
  const command = program
    .command('flip')
    .summary('move a route or a phase to a backend')
    .description('Sets the mode of a route, or of every route of a phase, in the flag file.')
    .usage('<route|phase> <legacy|shadow|canary:10%|new|complete> [options]')
    .argument('<words...>', 'a route (quoted or as two words) or a phase, then the mode')
    .option('--reason <text>', 'why, for the audit log', 'no reason given')
    .option('--force', 'flip what has no evidence, or an alarm; needs a reason', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (words: string[], options: { reason: string; force: boolean; json: boolean }) => {
      const mode = words.at(-1) ?? '';
      const target = words.slice(0, -1).join(' ');
      if (!target) command.error('error: name a route or a phase, then the mode: banyan flip health new');
      if (options.force && command.getOptionValueSource('reason') !== 'cli')
        command.error('error: --force needs --reason "why", for the audit log');
      printChanged(
        context,
        await flip(context, target, mode, { why: options.reason, force: options.force }),
        `${target} is ${mode} already`,
        options.json,
      );
    });
}
