/** The tool's own command line, for any application: what is installed with the tool alone. */
import { runCli } from '../cli/cli.ts';
import { readSettings } from '../settings.ts';
import { applicationSetting } from './load-application.ts';
import { serveCommand } from './serve-command.ts';

export interface OwnCliOptions {
  env: Record<string, string | undefined>;
  /** What relative paths start from. */
  folder: string;
  user: string;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** Runs one command and returns the exit code. Never throws. */
export function runOwnCli(args: readonly string[], options: OwnCliOptions): Promise<number> {
  const { env, folder, user, stdout, stderr } = options;
  const settings = () => readSettings(env, folder);
  const system = {
    name: 'banyan-gateway',
    settings,
    async application() {
      const { applicationOf } = await import('./alone.ts');
      return applicationOf({ settings: settings(), application: applicationSetting(env), folder });
    },
    user,
    stdout,
    stderr,
  };
  return runCli(args, system, {
    commands: [(program, context) => serveCommand(program, context, { env, folder })],
  });
}
