/** `banyan sync`: how far the new backend is in getting what legacy had before the journal. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { SyncShown } from '../../console/sync-routes.ts';
import type { KindProgress } from '../../continuity/sync/progress.ts';
import { progressBar } from '../../terminal/progress-bar.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import type { GatewayClient } from '../gateway-client.ts';
import { keyReasons, wrapped } from '../table.ts';
import { gatewayOf } from './journal.ts';

const examples = `
Examples:
  banyan sync                    how far it is, and what is left
  banyan sync --wait             until it has ended; for scripts
  banyan sync pause              between two batches; outlasts a restart
  banyan sync start
  banyan sync assume item --reason "both backends started empty"`;

export function syncCommand(program: Command, context: CliContext): void {
  const sync = program
    .command('sync')
    .summary('show how the new backend is getting what legacy had before; pause it, let it go on')
    .description(
      'The first sync begins by itself and needs no freeze. Until it has ended, legacy serves what the new backend is not known to have, whatever the flags say.',
    )
    .option('--wait', 'until it has ended', false)
    .option('--json', 'print JSON', false)
    .addHelpText('after', `${examples}\n\nExits with 0 if the sync has ended, else with 3.`)
    .action(async (options: { json: boolean; wait: boolean }) => {
      const gateway = await gatewayOf(context);
      const shown = options.wait ? await untilEnded(gateway, context) : await gateway.get<SyncShown>('/sync');
      print(shown, options.json, context);
      if (!shown.isEnded) context.exitCode = exitCodes.incomplete;
    });
  for (const [name, summary] of [
    ['start', 'let the sync go on'],
    ['pause', 'stop the sync between two batches, until `banyan sync start`; requests go on as before'],
  ] as const)
    sync
      .command(name)
      .summary(summary)
      .option('--json', 'print JSON', false)
      .addHelpText('after', `\nExamples:\n  banyan sync ${name}`)
      .action(async (_options: unknown, command: Command) => {
        const shown = await (await gatewayOf(context)).post<SyncShown>('/sync', { do: name });
        print(shown, isJson(command), context);
      });
  assumeCommand(sync, context);
}

function assumeCommand(sync: Command, context: CliContext): void {
  const assume = sync
    .command('assume')
    .summary('say that the new backend has everything of a kind, instead of a look at it; needs a reason')
    .argument('<kind>', 'as `banyan sync` lists it')
    .option('--reason <text>', 'why; it is kept with your name')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nWhat the new backend lacks is then missing for clients. `banyan diff` compares.\n\nExamples:\n  banyan sync assume item --reason "both backends started empty"',
    )
    .action(async (kind: string, options: { reason?: string }, command: Command) => {
      if (options.reason === undefined) assume.error('error: assume needs --reason "why"');
      const body = { kind, reason: options.reason, who: context.user };
      const shown = await (await gatewayOf(context)).post<SyncShown>('/sync/assume', body);
      print(shown, isJson(command), context);
    });
}

const isJson = (command: Command) => command.optsWithGlobals<{ json: boolean }>().json;

function print(shown: SyncShown, asJson: boolean, context: CliContext): void {
  if (asJson) context.print(JSON.stringify(shown, null, 2));
  else for (const line of syncLines(shown.kinds, context)) context.print(line);
}

const betweenLooks = 500;

async function untilEnded(gateway: GatewayClient, context: CliContext): Promise<SyncShown> {
  for (;;) {
    const shown = await gateway.get<SyncShown>('/sync');
    const kind = shown.kinds.find(({ phase }) => phase !== 'ended');
    // What is left takes a person.
    if (!kind || kind.phase === 'left' || kind.phase === 'paused') {
      context.progress('');
      return shown;
    }
    context.progress(`${kind.kind}  ${barOf(kind)}`);
    await pause(betweenLooks);
  }
}

const counted = (count: number) => count.toLocaleString('en-US');

const barOf = ({ known, total }: KindProgress) =>
  total === undefined
    ? 'not counted yet'
    : `${progressBar(known, total)}  ${counted(known)} of ${counted(total)}`;

const words: Record<KindProgress['phase'], (kind: KindProgress) => string> = {
  ended: () => 'ended: the new backend has everything',
  running: () => 'running',
  paused: () => 'paused; `banyan sync start` lets it go on',
  left: () => 'not everything could be brought; legacy serves the rest',
  waiting: ({ beginsIn }) =>
    `begins in ${counted(beginsIn)} s: what was sent to legacy before may still take effect`,
};

/** Lines for each kind: how far its sync is, and which entities could not be brought, each with the reason. */
export function syncLines(
  kinds: readonly KindProgress[],
  context: Pick<CliContext, 'width' | 'style'>,
): string[] {
  if (kinds.length === 0) return ['There is nothing to sync: no route has state.'];
  return kinds.flatMap((kind) => {
    const { left, reason, phase } = kind;
    return [
      `${context.style('bold', kind.kind)}  ${phase === 'ended' ? '' : `${barOf(kind)}  `}${words[phase](kind)}`,
      ...(reason === undefined ? [] : wrapped(reason, context.width, '  ')),
      ...keyReasons(left, context.width),
    ];
  });
}
