/** `banyan doctor` */
import type { Command } from 'commander';
import { type Configuration, shownSettings } from '../../console/configuration.ts';
import type { Status } from '../../console/status.ts';
import { BanyanError } from '../../errors.ts';
import { type Settings, SettingsError } from '../../settings.ts';
import type { CliContext } from '../context.ts';
import { type Check, type Checked, examine, type Health, type RunningPatient } from '../doctor/check.ts';
import { exitCodes, GatewayRefusal } from '../failure.ts';
import { findGateway } from '../gateway-client.ts';
import { wrap } from '../table.ts';

const examples = `
It looks at the settings, Node and the packages, ports, the gateway and what it runs with, the legacy app, the embedding model, the disk, the
database and pgvector, Redis and its policy, the model and its key, the flag file and the evidence. It changes nothing.

If a gateway runs, its own configuration counts: the doctor asks for it, and names each variable that differs in this environment.

Exits with 0 where there is no fault (a warning is none), and with 1 where there is one.

Examples:
  banyan doctor
  banyan doctor --json | jq '.checks[] | select(.health != "ok")'`;

/** @param checks loaded where they are needed */
export function doctorCommand(program: Command, context: CliContext, checks = ownChecks): void {
  program
    .command('doctor')
    .summary('look at everything that Banyan needs, and say what to do')
    .description(
      'Looks at everything that Banyan needs, and says what to do about what is not as it should be.',
    )
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples)
    .action(async (options: { json: boolean }) => {
      const found = await examined(context, checks);
      const isWell = found.every(({ health }) => health !== 'fault');
      if (options.json) context.print(JSON.stringify({ ok: isWell, checks: found }, null, 2));
      else for (const line of doctorLines(found, context)) context.print(line);
      if (!isWell) context.exitCode = exitCodes.failed;
    });
}

async function examined(context: CliContext, checks: () => Promise<readonly Check[]>): Promise<Checked[]> {
  try {
    const { settings } = context;
    const gateway = await asked(settings);
    const application = () => context.application();
    return await examine(await checks(), {
      settings: gateway?.configuration ? settingsOf(settings, gateway.configuration) : settings,
      application,
      gateway,
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map((says) => ({
      name: 'Settings',
      health: 'fault' as const,
      says,
      do: 'Correct the variable; docs/settings.md lists them all.',
    }));
  }
}

/** The running gateway knows what it runs with; this environment only guesses it. */
async function asked(settings: Settings): Promise<RunningPatient | undefined> {
  const client = await findGateway(settings);
  if (!client) return undefined;
  const { url } = client;
  try {
    const [status, configuration] = await Promise.all([
      client.get<Status>('/status'),
      client.get<Configuration>('/configuration'),
    ]);
    return { url, ready: status.ready, configuration, here: shownSettings(settings) };
  } catch (error) {
    if (!(error instanceof GatewayRefusal || error instanceof BanyanError)) throw error;
    return { url, ready: false, refusal: { says: error.message, do: error.advice } };
  }
}

const settingsOf = (own: Settings, running: Configuration): Settings => ({
  ...own,
  dataFolder: running.dataFolder,
  setupFolder: running.setupFolder,
  flagFile: running.flagFile,
  continuity: running.continuity,
});

/** What is looked at of every application. */
const ownChecks = async (): Promise<readonly Check[]> => (await import('../doctor/own.ts')).ownChecks;

const marks: Record<Health, { mark: string; style: 'green' | 'yellow' | 'red' }> = {
  ok: { mark: 'ok', style: 'green' },
  warning: { mark: 'warning', style: 'yellow' },
  fault: { mark: 'FAULT', style: 'red' },
};

/** A line a finding, and what to do about it below. */
function doctorLines(checks: readonly Checked[], context: Pick<CliContext, 'width' | 'style'>): string[] {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(widest + 11);
  const lines = checks.flatMap(({ name, health, says, do: advice }) => {
    const { mark, style } = marks[health];
    const head = `${name.padEnd(widest)}  ${context.style(style, mark.padEnd(7))}  `;
    const [first = '', ...more] = wrap(says, context.width - indent.length);
    const below = advice
      ? wrap(advice, context.width - indent.length - 2).map((line, i) => `${i ? '  ' : '→ '}${line}`)
      : [];
    return [head + first, ...[...more, ...below].map((line) => indent + line)];
  });
  const count = (health: Health) => checks.filter((check) => check.health === health).length;
  return [...lines, '', `${count('ok')} ok, ${count('warning')} warnings, ${count('fault')} faults`];
}
