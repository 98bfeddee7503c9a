/** `banyan journal`: how the journal is doing, and what a person does with what is stuck in it. */
import type { Command } from 'commander';
import type { Conflict } from '../../continuity/journal/conflicts.ts';
import type { PinnedEntry } from '../../continuity/journal/pinned.ts';
import type { JournalSize } from '../../continuity/journal/size.ts';
import { BanyanError } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { findGateway, type GatewayClient } from '../gateway-client.ts';
import { localTime, wrap } from '../table.ts';

const examples = `
Examples:
  banyan journal
  banyan journal retry                       everything that is stuck or in doubt
  banyan journal retry 6f3c…                 one write
  banyan journal export 6f3c… > write.json   its request and what the client got, to do it by hand
  banyan journal skip 6f3c… --reason "done by hand"
  banyan journal settle 6f3c… --done --reason "it is in legacy's list"
  banyan journal adopt chat:0b1c… --reason "it was cleaned up on legacy"
  banyan journal keep chat:0b1c… --reason "legacy was restored by mistake"`;

export function journalCommand(program: Command, context: CliContext): void {
  const journal = program
    .command('journal')
    .summary('show what each backend still has to be given, what is in doubt, and what is stuck')
    .description(
      'Shows the size of the journal, the lag of each backend, writes in doubt, and writes that are stuck because the other backend cannot be given them.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (options: { json: boolean }) => {
      const size = await (await gatewayOf(context)).get<JournalSize>('/journal');
      if (options.json) context.print(JSON.stringify(size, null, 2));
      else for (const line of journalLines(size, context)) context.print(line);
    });
  journal
    .command('retry')
    .summary('try again what is stuck, and look again at what is in doubt')
    .argument('[entry]', 'its id; without it, everything that is stuck or in doubt')
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nExamples:\n  banyan journal retry\n  banyan journal retry 6f3c… --json')
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      const gateway = await gatewayOf(context);
      const { pinned } = await gateway.get<JournalSize>('/journal');
      const { tried } = await gateway.post<{ tried: string[] }>('/journal/retry', { id });
      if (isJson(command)) context.print(JSON.stringify({ tried }, null, 2));
      else if (tried.length === 0) context.print('Nothing is stuck.');
      else {
        context.print(`Tried again: ${tried.join(', ')}. \`banyan journal\` shows what comes of it.`);
        for (const line of lateLines(pinned.filter((entry) => tried.includes(entry.id)))) context.print(line);
      }
    });
  const skip = journal
    .command('skip')
    .summary('never give a write to the other backend; needs a reason, which the audit log keeps')
    .argument('<entry>', 'its id')
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nExamples:\n  banyan journal skip 6f3c… --reason "done by hand"')
    .action(async (id: string, options: { reason?: string }, command: Command) => {
      if (options.reason === undefined) skip.error('error: skip needs --reason "why", for the audit log');
      const body = { id, reason: options.reason, who: context.user };
      const skipped = await (await gatewayOf(context)).post<{ route: string }>('/journal/skip', body);
      if (isJson(command)) context.print(JSON.stringify(skipped, null, 2));
      else context.print(`${skipped.route}, ${id}: the other backend is never given it.`);
    });
  settleCommand(journal, context);
  for (const decision of ['adopt', 'keep'] as const) conflictCommand(journal, decision, context);
  journal
    .command('export')
    .summary('print a write whole, as JSON')
    .argument('<entry>', 'its id')
    .option('--json', 'as it is anyway', false)
    .addHelpText(
      'after',
      '\nExamples:\n  banyan journal export 6f3c… > write.json\n  banyan journal export 6f3c… | jq .request',
    )
    .action(async (id: string) => {
      const entry = await (await gatewayOf(context)).get(`/journal/${encodeURIComponent(id)}`);
      context.print(JSON.stringify(entry, null, 2));
    });
}

/** What either decision about a conflict does, for people. */
const decisions = {
  adopt: {
    summary: "let legacy's state of a key stand that was written to directly on legacy; needs a reason",
    example: 'banyan journal adopt chat:0b1c… --reason "it was cleaned up on legacy"',
    said: (key: string) =>
      `${key}: the new backend takes over what legacy has. Until then legacy serves it. What only the new backend had of it is lost.`,
  },
  keep: {
    summary:
      "let the new backend's state of a key stand that was written to directly on legacy; needs a reason",
    example: 'banyan journal keep chat:0b1c… --reason "legacy was restored by mistake"',
    said: (key: string) => `${key}: the new backend serves it. Legacy lacks it, and is not given it.`,
  },
};

/** A person decides what stands where legacy was written to directly. */
function conflictCommand(journal: Command, decision: 'adopt' | 'keep', context: CliContext): void {
  const { summary, example, said } = decisions[decision];
  const command = journal
    .command(decision)
    .summary(summary)
    .argument('<key>', 'as `banyan journal` shows it')
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print JSON', false)
    .addHelpText('after', `\nExamples:\n  ${example}`)
    .action(async (key: string, { reason }: { reason?: string }, asked: Command) => {
      if (reason === undefined) command.error(`error: ${decision} needs --reason "why", for the audit log`);
      const body = { key, decision, reason, who: context.user };
      const decided = await (await gatewayOf(context)).post('/conflicts', body);
      if (isJson(asked)) context.print(JSON.stringify(decided, null, 2));
      else context.print(said(key));
    });
}

interface SettleOptions {
  done: boolean;
  notDone: boolean;
  answer?: string;
  reason?: string;
}

/** A person says what no look at the backend could say. */
function settleCommand(journal: Command, context: CliContext): void {
  const settle = journal
    .command('settle')
    .summary(
      'say whether a backend has done a write that is in doubt, or whose replay is stuck; needs a reason',
    )
    .argument('<entry>', 'its id')
    .option('--done', 'the backend has done it', false)
    .option(
      '--not-done',
      'the backend has not done it: a write in doubt is void then, and a replay is sent again',
      false,
    )
    .option('--answer <json>', 'what the answer of the write would have said, if the write made something')
    .option('--reason <text>', 'why, for the audit log')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      `\nExamples:
  banyan journal settle 6f3c… --done --reason "it is in legacy's list"
  banyan journal settle 6f3c… --done --answer '{"id": "0f8c…"}' --reason "found by its title"
  banyan journal settle 6f3c… --not-done --reason "legacy's log has no such request"`,
    )
    .action(async (id: string, options: SettleOptions, command: Command) => {
      const { done, notDone, reason } = options;
      if (done === notDone) settle.error('error: settle needs --done or --not-done');
      if (reason === undefined) settle.error('error: settle needs --reason "why", for the audit log');
      const answer = options.answer === undefined ? undefined : jsonIn(options.answer);
      if (answer === invalid) settle.error('error: --answer is not JSON');
      const body = { id, done, answer, reason, who: context.user };
      const settled = await (await gatewayOf(context)).post<{ route: string }>('/journal/settle', body);
      if (isJson(command)) context.print(JSON.stringify(settled, null, 2));
      else context.print(`${settled.route}, ${id}: counts as ${done ? 'done' : 'not done'}.`);
    });
}

const invalid = Symbol('not JSON');

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalid;
  }
}

/** What a retry does beyond giving a write to the other backend. */
function lateLines(tried: readonly PinnedEntry[]): string[] {
  const those = (overtaken: PinnedEntry['overtaken']) =>
    tried.filter((entry) => entry.overtaken === overtaken);
  return [
    ...those('waiting').map(
      ({ id }) =>
        `${id}: legacy gets it after what clients have written there since. The new backend then takes over what legacy shows, so that both have one order.`,
    ),
    ...those('taken').map(({ id }) => `${id}: both backends have it; what they show is compared again.`),
  ];
}

/** `--json` may stand before or behind the subcommand. */
const isJson = (command: Command) => command.optsWithGlobals<{ json: boolean }>().json;

export async function gatewayOf(context: CliContext): Promise<GatewayClient> {
  const gateway = await findGateway(context.settings);
  if (!gateway) throw new BanyanError('journal_needs_gateway');
  return gateway;
}

function journalLines(size: JournalSize, context: Pick<CliContext, 'width' | 'style'>): string[] {
  const { entries, bytes, bodies, lag, oldest, underWay, divergent, pinned, waiting, doubtful, conflicts } =
    size;
  const age = lag.legacy + lag.new > 0 ? `, the oldest for ${seconds(oldest)}` : '';
  return [
    `${entries} writes kept (${megabytes(bytes)}), ${divergent} of them answered differently by the other backend`,
    `Bodies: ${bodies.files} in files (${megabytes(bodies.bytes)} of at most ${megabytes(bodies.most)})`,
    `To be given: ${lag.legacy} to legacy, ${lag.new} to the new backend${age}`,
    `Under way: ${underWay}; in doubt: ${doubtful.length}; waiting: ${waiting.length}; stuck: ${pinned.length}; in conflict: ${conflicts.length}`,
    ...doubtful.flatMap(({ id, route, side, keys, age, reason }) => [
      '',
      context.style('yellow', `in doubt  ${id}  ${route}`),
      `          ${called[side]} may have it, since ${seconds(age)}: ${keys.join(', ')}`,
      ...(reason === undefined
        ? []
        : wrap(`it does not show whether it has: ${reason}`, context.width - 10).map(
            (line) => `          ${line}`,
          )),
    ]),
    ...waiting.flatMap(({ id, route, keys, on, work, until, behind }) => [
      '',
      `waiting   ${id}  ${route}`,
      `          ${keys.filter((key) => key !== work).join(', ')}`,
      `          until ${called[on]} shows ${work === null ? 'whether it has it' : `the end of ${work}`}, ${atMost(called[on], until)}`,
      ...behindIt(behind),
    ]),
    ...pinned.flatMap(({ id, route, side, keys, reason, overtaken, behind }) => [
      '',
      context.style('red', `stuck     ${id}  ${route}`),
      `          ${overtaken === 'taken' ? 'both have' : `only ${called[side]} has`} it: ${keys.join(', ')}`,
      ...behindIt(behind),
      ...wrap(reason, context.width - 10).map((line) => `          ${line}`),
    ]),
    ...conflicts.flatMap((conflict) => ['', ...conflictLines(conflict, context)]),
  ];
}

const shownDifferences = 5;

function conflictLines(
  { key, owner, since, reason, differences, kept }: Conflict,
  { width, style }: Pick<CliContext, 'width' | 'style'>,
): string[] {
  const indented = (text: string) => wrap(text, width - 10).map((line) => `          ${line}`);
  const sides = `${called[owner]} serves it; written directly on legacy, found at ${localTime(since)}`;
  return [
    style(kept === null ? 'red' : 'dim', `${kept === null ? 'conflict ' : 'kept     '} ${key}`),
    ...indented(sides),
    ...indented(kept === null ? reason : `the new backend's state stands: ${kept}`),
    ...differences
      .slice(0, shownDifferences)
      .flatMap(({ place, left, right }) =>
        indented(`${place}: legacy ${left || '(nothing)'}, new ${right || '(nothing)'}`),
      ),
    ...(kept === null ? [`          banyan journal adopt ${key} | banyan journal keep ${key}`] : []),
  ];
}

/** As sentences call the two sides. */
const called = { legacy: 'legacy', new: 'the new backend' } as const;

const atMost = (on: string, until: string | null) =>
  until === null
    ? `for as long as ${on} says that it goes on`
    : `at most until ${new Date(until).toLocaleTimeString('en-GB')}`;

const behindIt = (behind: number) =>
  behind > 0 ? [`          ${behind === 1 ? '1 write waits' : `${behind} writes wait`} behind it`] : [];

const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
const seconds = (time: number) => (time < 120 ? `${time.toFixed(1)} s` : `${Math.round(time / 60)} min`);
