import { BanyanError } from '../gateway/errors.ts';
import { SettingsError } from '../gateway/settings.ts';

/** What went wrong and what to do, for the terminal. A fault of ours is shown with its stack. */
export function inOneLine(error: unknown): string {
  if (error instanceof BanyanError) return `${error.message} ${error.advice}`;
  if (error instanceof SettingsError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
