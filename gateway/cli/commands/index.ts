/** The commands, in the order in which `--help` lists them. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { Check } from '../doctor/check.ts';
import type { Importing } from '../importing.ts';
import { alarmsCommand } from './alarms.ts';
import { completeCommand } from './complete.ts';
import { diffCommand } from './diff.ts';
import { divergencesCommand } from './divergences.ts';
import { doctorCommand } from './doctor.ts';
import { flipCommand } from './flip.ts';
import { historyCommand } from './history.ts';
import { importCommand } from './import.ts';
import { journalCommand } from './journal.ts';
import { legacyCommand } from './legacy.ts';
import { recordCommand } from './record.ts';
import { rollbackCommand } from './rollback.ts';
import { statusCommand } from './status.ts';
import { syncCommand } from './sync.ts';
import { type SuiteCommand, verifyCommand } from './verify.ts';

/** Adds a command to the program. */
export type CommandDefinition = (program: Command, context: CliContext) => void;

/** What an installation has beside the gateway. */
export interface Installed {
  suite?: SuiteCommand;
  /** Of an application whose files can be imported. */
  importing?: Importing;
  /** What the doctor looks at; the tool's own checks unless told. */
  checks?: () => Promise<readonly Check[]>;
  /** Commands beside these. */
  commands?: readonly CommandDefinition[];
}

export function commandsOf({ suite, importing, checks, commands = [] }: Installed): CommandDefinition[] {
  return [
    statusCommand,
    flipCommand,
    rollbackCommand,
    historyCommand,
    syncCommand,
    journalCommand,
    legacyCommand,
    alarmsCommand,
    divergencesCommand,
    diffCommand,
    recordCommand,
    (program, context) => verifyCommand(program, context, suite),
    completeCommand,
    (program, context) => importing && importCommand(program, context, importing),
    (program, context) => doctorCommand(program, context, checks),
    ...commands,
  ];
}
