/** `banyan diff`: compares the whole state of both backends, or one entity. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { ComparedKey } from '../../console/diff-routes.ts';
import type { DiffState } from '../../continuity/diff/diffs.ts';
import type { DiffProgress, DiffReport } from '../../continuity/diff/report.ts';
import { BanyanError } from '../../errors.ts';
import { whenAskedToStop } from '../../terminal/stop-signal.ts';
import type { CliContext } from '../context.ts';
import { keyLines, progressLine, reportLines } from '../diff-lines.ts';
import { exitCodes } from '../failure.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { answerLines } from './divergences.ts';
import { gatewayOf } from './journal.ts';

const examples = `
Of each difference the line with - is what legacy shows, the line with + what the new backend shows.
Exits with 0 if both backends show the same, 3 if something differs or could not be decided, 1 if the diff failed.

Examples:
  banyan diff
  banyan diff --rate 10        gently: ten entities in a second
  banyan diff chat:6f3c…       one entity, with both answers
  banyan diff --last --json | jq .different`;

interface Options {
  rate?: number;
  last: boolean;
  cancel: boolean;
  json: boolean;
}

export function diffCommand(program: Command, context: CliContext): void {
  program
    .command('diff')
    .summary('compare everything that the two backends hold')
    .description(
      'Compares what both backends show of every entity, beside the traffic, and changes nothing. What is being written to is looked at again at the end.',
    )
    .argument('[key]', 'one entity, by its kind and its public id: compares it now, and shows both answers')
    .option('--rate <number>', 'entities in a second at most; DIFF_PER_SECOND unless told', numberOf)
    .option('--last', 'show what the last diff found, and begin none', false)
    .option('--cancel', 'end the diff that is running', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (key: string | undefined, options: Options) => {
      const gateway = await gatewayOf(context);
      if (options.cancel) return cancel(gateway, context);
      if (key !== undefined) return showKey(gateway, key, context, options.json);
      const report = options.last ? await lastOf(gateway) : await run(gateway, context, options);
      if (options.json) context.print(JSON.stringify(report, null, 2));
      else for (const line of reportLines(report, context)) context.print(line);
      context.exitCode = codeOf(report.outcome);
    });
}

function numberOf(text: string): number {
  if (Number(text) >= 0.1 && Number(text) <= 10_000) return Number(text);
  throw new InvalidArgumentError('It must be a number from 0.1 to 10000.');
}

const codes: Partial<Record<DiffReport['outcome'], number>> = {
  clean: exitCodes.ok,
  different: exitCodes.incomplete,
  undecided: exitCodes.incomplete,
};
const codeOf = (outcome: DiffReport['outcome']) => codes[outcome] ?? exitCodes.failed;

async function cancel(gateway: GatewayClient, context: CliContext): Promise<void> {
  const { cancelled } = await gateway.post<{ cancelled: boolean }>('/diff/cancel', {});
  context.print(cancelled ? 'The diff ends.' : 'No diff is running.');
}

async function lastOf(gateway: GatewayClient): Promise<DiffReport> {
  const { last } = await gateway.get<DiffState>('/diff');
  if (!last) throw new BanyanError('diff_none');
  return last;
}

/** Follows the diff that is running, or begins one: only who has begun it ends it with Ctrl-C. */
async function run(gateway: GatewayClient, context: CliContext, options: Options): Promise<DiffReport> {
  const { rate, json } = options;
  const { running } = await gateway.get<DiffState>('/diff');
  const isFollowed = running !== null && rate === undefined;
  const begun = isFollowed
    ? running
    : (await gateway.post<{ running: DiffProgress }>('/diff', { rate })).running;
  if (isFollowed && !json) context.report('A diff is running already; this follows it.');
  const stop = { isAsked: false };
  const undo = whenAskedToStop(() => {
    stop.isAsked = true;
  });
  try {
    for (;;) {
      const state = await gateway.get<DiffState>('/diff');
      if (state.running?.started !== begun.started) {
        if (state.last?.started === begun.started) return state.last;
        throw new BanyanError('diff_none');
      }
      if (context.isTerminal && !json) context.progress(progressLine(state.running));
      if (stop.isAsked && !isFollowed) await gateway.post('/diff/cancel', {});
      if (stop.isAsked && isFollowed) throw new BanyanError('diff_none');
      await pause(200);
    }
  } finally {
    context.progress('');
    undo();
  }
}

async function showKey(
  gateway: GatewayClient,
  key: string,
  context: CliContext,
  json: boolean,
): Promise<void> {
  const found = await gateway.get<ComparedKey>(`/diff/keys/${encodeURIComponent(key)}`);
  if (found.outcome !== 'equal') context.exitCode = exitCodes.incomplete;
  if (json) context.print(JSON.stringify(found, null, 2));
  else for (const line of comparedLines(found, context)) context.print(line);
}

function comparedLines(found: ComparedKey, context: CliContext): string[] {
  const { key, outcome, reason, differences, legacyLacks, answers } = found;
  if (reason !== null) return [`${key} could not be compared now: ${reason}`];
  const lacks =
    legacyLacks.length > 0 ? keyLines({ key, differences: legacyLacks, more: 0 }, context, 'yellow') : [];
  if (outcome === 'equal')
    return [
      `Both backends show the same of ${key}${lacks.length > 0 ? ', but for what legacy forgets in a restart:' : '.'}`,
      ...lacks,
    ];
  return [
    ...keyLines({ key, differences, more: 0 }, context, 'red'),
    ...lacks,
    ...answers.flatMap((both) => ['', context.style('bold', both.route), ...answerLines(both, context)]),
  ];
}
