/** `banyan complete`: takes the legacy app away for good, or says what stands in the way. */
import type { Command } from 'commander';
import type { Completed, Completion } from '../../console/completion.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { printChanged } from '../print-changed.ts';
import { wrap } from '../table.ts';
import { gatewayOf } from './journal.ts';

const examples = `
Exits with 0 if legacy can be taken away or is, 1 if something stands in the way, 3 if writes have not come to their end yet.

Examples:
  banyan complete                                       what stands in the way, what goes and what stays
  banyan complete --yes --reason "a month without it"`;

export function completeCommand(program: Command, context: CliContext): void {
  program
    .command('complete')
    .summary('take the legacy app away for good')
    .description(
      'Looks whether the new backend serves every route, and both backends have every write. With --yes and a reason it completes every route: legacy is then asked nothing, given nothing and not started again. There is no way back.',
    )
    .option('--yes', 'do it; needs a reason', false)
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async ({ yes, reason, json }: { yes: boolean; reason?: string; json: boolean }) => {
      const gateway = await gatewayOf(context);
      if (yes) {
        const body = { who: context.user, yes, why: reason };
        const done = await gateway.post<Completed>('/complete', body);
        printChanged(context, { ...done, inForce: true }, 'Every route is completed already', json);
        if (!done.drained) context.exitCode = exitCodes.incomplete;
        if (!json) for (const line of doneLines(done, context)) context.print(line);
        return;
      }
      const found = await gateway.get<Completion>('/complete');
      if (found.obstacles.length > 0) context.exitCode = exitCodes.failed;
      if (json) context.print(JSON.stringify(found, null, 2));
      else for (const line of completionLines(found, context)) context.print(line);
    });
}

type Look = Pick<CliContext, 'width' | 'style' | 'settings'>;

function completionLines({ routes, obstacles }: Completion, context: Look): string[] {
  if (obstacles.length > 0)
    return [
      context.style('red', 'Legacy cannot be taken away yet:'),
      ...obstacles.flatMap((text) => item(text, context)),
    ];
  return [
    routes.length === 0
      ? 'Every route is completed.'
      : `Legacy can be taken away: ${routes.length} routes would be completed, and there is no way back.`,
    ...whatGoes(context),
    '',
    context.style('bold', '`banyan complete --yes --reason "why"` does it.'),
  ];
}

function doneLines({ drained }: Completed, context: Look): string[] {
  if (!drained)
    return [
      context.style('yellow', 'Writes that were under way have not come to their end yet.'),
      'Legacy is still needed for them: run the same command again in a while.',
    ];
  return [context.style('green', 'Legacy is not needed any more.'), ...whatGoes(context)];
}

function whatGoes(context: Look): string[] {
  const { legacy, dataFolder } = context.settings;
  const items = (texts: string[]) => texts.flatMap((text) => item(text, context));
  return [
    '',
    'What goes:',
    ...items([
      legacy.url
        ? `the legacy app at ${legacy.url}: nobody asks it any more; stop it, and remove LEGACY_URL`
        : 'the legacy app, its port and its Python: the next start of Banyan starts none',
      'everything between the two backends: shadow, mirror, canary, rollback',
    ]),
    'What nobody deletes but you, once you are sure:',
    ...items([
      ...(legacy.url ? [] : [`${dataFolder}/legacy, the files of the legacy app`]),
      'the folder legacy/, its service in compose.yaml, and what the contract suite recorded of it',
    ]),
    'What stays:',
    ...items([
      'the gateway with its console, and the new backend behind it, with the quirks that are not retired',
      'the journal (CONTINUITY): it knows the ids and times that clients have seen, and keeps writes for JOURNAL_DAYS',
      'the relay, which holds the key of the model',
    ]),
  ];
}

const item = (text: string, { width }: Look) =>
  wrap(text, width - 4).map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`);
