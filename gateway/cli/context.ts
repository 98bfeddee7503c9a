/** What every command is given. */
import { styleText } from 'node:util';
import type { Application } from '../application.ts';
import type { Settings } from '../settings.ts';

export interface CliSystem {
  /** What the program is called; `banyan` unless told. */
  name?: string;
  /** @throws SettingsError */
  settings(): Settings;
  application(): Promise<Application>;
  /** Who is written into the audit log. */
  user: string;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

type Style = Parameters<typeof styleText>[0];

export interface CliContext {
  /** Read at the first use, so that `--help` works with broken settings. */
  readonly settings: Settings;
  /** Loaded only where no gateway can be asked. */
  application(): Promise<Application>;
  readonly user: string;
  /** What the command ends with. */
  exitCode: number;
  /** Columns of the output; 100 where it is not a terminal. */
  readonly width: number;
  /** The same of a table, of which nothing is cut where it is not for a terminal. */
  readonly tableWidth: number;
  /** Whether somebody sits before the output. */
  readonly isTerminal: boolean;
  /** Prints a line that is not the result, on the error output. */
  report(line: string): void;
  /** Prints a line. */
  print(line?: string): void;
  /** Writes to standard output as it is. */
  write(text: string): void;
  /** Shows a line that the next one replaces; an empty one takes it away. On a terminal only. */
  progress(line: string): void;
  /** Colours a text for standard output, on a terminal and without NO_COLOR only. */
  style(style: Style, text: string): string;
}

export function createContext(system: CliSystem): CliContext {
  let settings: Settings | undefined;
  return {
    get settings() {
      settings ??= system.settings();
      return settings;
    },
    application: () => system.application(),
    user: system.user,
    exitCode: 0,
    // Some terminals say 0: they do not know.
    width: (system.stdout.isTTY && system.stdout.columns) || 100,
    tableWidth: system.stdout.isTTY ? system.stdout.columns || 100 : Number.POSITIVE_INFINITY,
    isTerminal: system.stdout.isTTY,
    report: (line) => void system.stderr.write(`${line}\n`),
    print: (line = '') => void system.stdout.write(`${line}\n`),
    write: (text) => void system.stdout.write(text),
    progress: (line) => {
      if (system.stdout.isTTY) system.stdout.write(`\r\x1b[K${line}`);
    },
    style: (style, text) => styleText(style, text, { stream: system.stdout }),
  };
}
