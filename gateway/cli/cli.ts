/** The command line `banyan`. */
import { Command, CommanderError } from 'commander';
import { commandsOf, type Installed } from './commands/index.ts';
import { type CliSystem, createContext } from './context.ts';
import { exitCodes, explain } from './failure.ts';
import { wrap } from './table.ts';

const more = `
Settings come from the environment: CONSOLE_HOST, CONSOLE_PORT, CONSOLE_TOKEN (where the gateway is), BANYAN_DATA,
BANYAN_FLAGS, BANYAN_USER (the name in the audit log).

Exit codes: 0 done, or nothing to do; 1 failed, or the flag file has faults; 2 the command or a setting is wrong;
3 done, and something is left: an import or a rollback left something behind, writes have not come to their end, or a diff
found differences.

Examples:
  banyan status
  banyan flip GET /api/health new --reason "first route"
  banyan rollback`;

/** What is for no terminal is left as it is: scripts look for words in it. */
function errorText(lines: readonly string[], { isTTY, columns }: NodeJS.WriteStream): string {
  const said = `error: ${lines.join('\n')}`.split('\n');
  const isProse = (line: string) => !/^\s/.test(line);
  return (
    isTTY && columns ? said.flatMap((line) => (isProse(line) ? wrap(line, columns) : [line])) : said
  ).join('\n');
}

/** Runs one command and returns the exit code. Never throws. */
export async function runCli(
  args: readonly string[],
  system: CliSystem,
  installed: Installed = {},
): Promise<number> {
  const context = createContext(system);
  const program = new Command(system.name ?? 'banyan')
    .description('Moves a live application from an old backend to a new one, route by route.')
    .addHelpText('after', more)
    .showSuggestionAfterError()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void system.stdout.write(text),
      writeErr: (text) => void system.stderr.write(text),
    })
    .exitOverride();
  for (const define of commandsOf(installed)) define(program, context);
  // A subcommand is made before it can inherit.
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { lines, exitCode } = explain(error);
    system.stderr.write(`${errorText(lines, system.stderr)}\n`);
    return exitCode;
  }
}
