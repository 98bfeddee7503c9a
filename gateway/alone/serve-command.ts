/** `banyan-gateway serve [URL]` */
import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../cli/context.ts';
import { createLog } from '../log.ts';
import { keepPrivate } from '../private-data.ts';
import { readSettings, type Settings, SettingsError } from '../settings.ts';
import { aborted, stopSignal } from '../terminal/stop-signal.ts';
import { applicationSetting } from './load-application.ts';

const examples = `
Without an application every path is served by the server at URL, as it is: a place to record, to measure and to see requests
from. With one, its routes can be flipped. The log goes to the standard output, a line of JSON each.

Examples:
  banyan-gateway serve http://127.0.0.1:5050
  PORT=80 banyan-gateway serve http://127.0.0.1:5050 --application ./application.js`;

interface Environment {
  env: Record<string, string | undefined>;
  /** What relative paths start from. */
  folder: string;
}

export function serveCommand(program: Command, context: CliContext, { env, folder }: Environment): void {
  program
    .command('serve')
    .summary('run a gateway in front of a server that runs already')
    .description('Runs a gateway in front of a server that runs already, until Ctrl-C.')
    .argument('[url]', 'where that server is; LEGACY_URL unless told', origin)
    .option('--application <file>', 'a module whose default is the application')
    .addHelpText('after', examples)
    .action(async (url: string | undefined, { application }: { application?: string }) => {
      const settings = readSettings({ ...env, ...(url !== undefined && { LEGACY_URL: url }) }, folder);
      await serve(context, {
        settings: withLegacy(settings),
        application: application ?? applicationSetting(env),
        folder,
      });
    });
}

function origin(text: string): string {
  if (!URL.canParse(text))
    throw new InvalidArgumentError('It must be an address, like http://127.0.0.1:5050');
  return text;
}

function withLegacy(settings: Settings): Settings & { legacy: { url: string } } {
  const { legacy } = settings;
  if (legacy.url === undefined)
    throw new SettingsError(['LEGACY_URL, or the address behind `serve`, must say where the server is']);
  return { ...settings, legacy: { ...legacy, url: legacy.url } };
}

type Serving = {
  settings: Settings & { legacy: { url: string } };
  application: string | undefined;
  folder: string;
};

async function serve(context: CliContext, { settings, application, folder }: Serving): Promise<void> {
  const signal = stopSignal(() => process.exit(130));
  await keepPrivate(settings.dataFolder, settings.setupFolder);
  // What no other command needs is loaded here.
  const { startAlone } = await import('./alone.ts');
  const gateway = await startAlone({ settings, application, folder, log: createLog(settings.logLevel) });
  try {
    context.report(`Gateway  ${gateway.url}, in front of ${settings.legacy.url}`);
    const token = gateway.newConsoleToken;
    context.report(`Console  ${gateway.consoleUrl}${token ? `, token ${token} (shown this once)` : ''}`);
    const failure = await Promise.race([aborted(signal), gateway.failed]);
    if (failure) throw failure;
  } finally {
    await gateway.close();
  }
}
