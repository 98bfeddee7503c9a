/** `banyan legacy`: what legacy lacks after a restart, and what a person decides about it. */
import type { Command } from 'commander';
import type { LegacyDecided } from '../../console/legacy-routes.ts';
import { type LegacyState, legacyLine } from '../../continuity/journal/legacy-state.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { keyReasons, wrap } from '../table.ts';
import { gatewayOf } from './journal.ts';

const examples = `
Examples:
  banyan legacy                                              what it lacks, and why
  banyan legacy give-back --reason "its disk is back"        it is written to again, and given what it lacks
  banyan legacy adopt --yes --reason "the backup is right"   the new backend takes over what legacy has`;

export function legacyCommand(program: Command, context: CliContext): void {
  const legacy = program
    .command('legacy')
    .summary('show what legacy lacks after a restart, and decide whose data is right')
    .description(
      'A legacy that comes back without much of its data is not written to until a person decides. Until then the new backend serves what legacy lacks.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', `${examples}\n\nExits with 3 if a person has to decide.`)
    .action(async (options: { json: boolean }) => {
      const state = await (await gatewayOf(context)).get<LegacyState>('/legacy');
      if (options.json) context.print(JSON.stringify(state, null, 2));
      else for (const line of legacyLines(state, context)) context.print(line);
      if (state.blocked !== null) context.exitCode = exitCodes.incomplete;
    });
  const giveBack = legacy
    .command('give-back')
    .summary('write to legacy again, and give it what it lacks, as far as the journal has it; needs a reason')
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nExamples:\n  banyan legacy give-back --reason "its disk is back"')
    .action(async ({ reason }: { reason?: string }, asked: Command) => {
      if (reason === undefined) giveBack.error('error: give-back needs --reason "why", for the audit log');
      const body = { decision: 'give-back', reason, who: context.user };
      report(await (await gatewayOf(context)).post<LegacyDecided>('/legacy', body), asked, context);
    });
  adoptCommand(legacy, context);
}

function adoptCommand(legacy: Command, context: CliContext): void {
  const adopt = legacy
    .command('adopt')
    .summary("let legacy's data stand: the new backend takes over what legacy has; needs --yes and a reason")
    .argument('[key...]', 'as `banyan legacy` shows it; everything of which legacy lacks data unless named')
    .option('--reason <text>', 'why, for the audit log')
    .option('--yes', 'what only the new backend has of it may be lost', false)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  banyan legacy adopt --yes --reason "the backup is right"\n  banyan legacy adopt chat:0b1c… --yes --reason "deleted on purpose"',
    )
    .action(async (keys: string[], { reason, yes }: { reason?: string; yes: boolean }, asked: Command) => {
      if (reason === undefined) adopt.error('error: adopt needs --reason "why", for the audit log');
      if (!yes) {
        const what = keys.length > 0 ? keys.join(', ') : 'every key that legacy lacks data of';
        adopt.error(
          `error: clients lose what only the new backend has of ${what}, for good. Nothing has changed; add --yes to do it`,
        );
      }
      const body = { decision: 'adopt', keys, reason, who: context.user };
      report(await (await gatewayOf(context)).post<LegacyDecided>('/legacy', body), asked, context);
    });
}

function report(decided: LegacyDecided, asked: Command, context: CliContext): void {
  const { adoption, state } = decided;
  if (adoption && adoption.busy.length > 0) context.exitCode = exitCodes.incomplete;
  if (asked.optsWithGlobals<{ json: boolean }>().json) {
    context.print(JSON.stringify(decided, null, 2));
    return;
  }
  if (adoption) {
    const { adopted, dropped, busy } = adoption;
    context.print(
      `Legacy's data stands of ${adopted.length} keys; \`banyan sync\` shows how the new backend takes it over.`,
    );
    if (dropped > 0) context.print(`Legacy is never given ${dropped} writes that only the new backend has.`);
    for (const key of busy) context.print(`${key}: a write was under way. Give the command again.`);
  }
  for (const line of legacyLines(state, context)) context.print(line);
}

/** The state in a line, and each key that legacy lacks something of. */
function legacyLines(state: LegacyState, { width }: CliContext): string[] {
  return [
    ...wrap(legacyLine(state), width),
    ...keyReasons(state.lacking, width),
    ...(state.blocked === null
      ? []
      : [
          'A person decides: `banyan legacy give-back` or `banyan legacy adopt`; `--help` says what each does.',
        ]),
  ];
}
