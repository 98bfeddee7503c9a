/** The commands, in the order in which `--help` lists them. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { alarmsCommand } from './alarms.ts';
import { completeCommand } from './complete.ts';
import { divergencesCommand } from './divergences.ts';
import { doctorCommand } from './doctor.ts';
import { flipCommand } from './flip.ts';
import { historyCommand } from './history.ts';
import { importCommand } from './import.ts';
import { journalCommand } from './journal.ts';
import { recordCommand } from './record.ts';
import { rollbackCommand } from './rollback.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';

/** Adds a command to the program. */
export type CommandDefinition = (program: Command, context: CliContext) => void;

export const commands: readonly CommandDefinition[] = [
  statusCommand,
  flipCommand,
  rollbackCommand,
  historyCommand,
  journalCommand,
  alarmsCommand,
  divergencesCommand,
  recordCommand,
  (program, context) => verifyCommand(program, context),
  completeCommand,
  importCommand,
  doctorCommand,
];
