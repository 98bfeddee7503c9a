/** `banyan flip <route|phase> <mode>` */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { dryRun } from '../dry-run.ts';
import { flip } from '../flags-access.ts';
import { printFlipped } from '../print-flipped.ts';

const examples = `
Examples:
  banyan flip health new
  banyan flip GET /api/health new --reason "first route"
  banyan flip GET /api/chats shadow
  banyan flip messages canary:10%
  banyan flip "anything else" legacy
  banyan flip health new --force --reason "the recordings do not reach it"
  banyan flip messages new --dry-run
  banyan flip messages complete --yes --reason "a month on the new backend"

Modes: legacy; shadow (legacy serves, the new backend is asked the reads too, and both answers are compared); canary:10% (the new
backend serves that share of the chats); new (the new backend serves, and legacy is given the writes); complete (legacy is given
nothing any more: there is no way back, so it needs --yes and --reason).

--dry-run says what the console's page says before a flip: evidence, alarms, writes that a backend lacks, keys that stay where they
are, divergences. It exits with 1 if the flip would be refused, and with 3 if it would leave something behind.

The new backend serves a route only where contract-tests/evidence.json proves it for the code that runs (npm run contract makes it);
--force flips it all the same, and the audit log says what was lacking. A route with an alarm (banyan alarms) is not flipped either;
with --force it is, and the audit log says which alarm stood against it.`;

interface Options {
  reason: string | undefined;
  force: boolean;
  yes: boolean;
  dryRun: boolean;
  json: boolean;
}

export function flipCommand(program: Command, context: CliContext): void {
  const command = program
    .command('flip')
    .summary('move a route or a phase to a backend')
    .description('Sets the mode of a route, or of every route of a phase, in the flag file.')
    .usage('<route|phase> <legacy|shadow|canary:10%|new|complete> [options]')
    .argument('<words...>', 'a route (quoted or as two words) or a phase, then the mode')
    .option('--reason <text>', 'why, for the audit log')
    .option('--force', 'flip what has no evidence, or an alarm; needs a reason', false)
    .option('--yes', 'of complete: you know that there is no way back; needs a reason', false)
    .option('--dry-run', 'only say what would happen, and what speaks against it', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (words: string[], options: Options) => {
      const mode = words.at(-1) ?? '';
      const target = words.slice(0, -1).join(' ');
      if (!target) command.error('error: name a route or a phase, then the mode: banyan flip health new');
      const { reason, force, yes, json } = options;
      if (options.dryRun)
        return dryRun(context, { target, mode, force, yes: yes && reason !== undefined, json });
      if (force && reason === undefined)
        command.error('error: --force needs --reason "why", for the audit log');
      const flipped = await flip(context, target, mode, { why: reason, force, yes });
      printFlipped(context, flipped, `${target} is ${mode} already`, json);
    });
}
