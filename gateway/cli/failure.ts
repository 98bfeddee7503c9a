/** What ends a command, and the exit code that says so. */
import { BanyanError } from '../errors.ts';
import { SettingsError } from '../settings.ts';

export const exitCodes = { ok: 0, failed: 1, usage: 2, incomplete: 3 } as const;

/** An error of the catalogue that a gateway answered with. */
export class GatewayRefusal extends Error {
  readonly code: string;
  readonly advice: string;

  constructor(body: { error: string; code: string; do?: string | undefined }) {
    super(body.error);
    this.code = body.code;
    this.advice = body.do ?? '';
  }
}

/** Codes of the catalogue that mean: the command was written wrongly. */
const usage = ['unknown_target', 'unknown_mode', 'console_request', 'recording_name'];

/** What to print for a fault, and the code to exit with. A fault of the program itself shows where it happened. */
export function explain(error: unknown): { lines: string[]; exitCode: number } {
  if (error instanceof BanyanError || error instanceof GatewayRefusal)
    return {
      lines: [error.message, error.advice].filter(Boolean),
      exitCode: usage.includes(error.code) ? exitCodes.usage : exitCodes.failed,
    };
  if (error instanceof SettingsError) return { lines: [error.message], exitCode: exitCodes.usage };
  return {
    lines: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    exitCode: exitCodes.failed,
  };
}
