import { BanyanError } from '@banyan/gateway/errors.ts';
import { SettingsError } from '@banyan/gateway/settings.ts';
import { UnfitDatabaseError } from '@banyan/operations/db/errors.ts';
import { RedisUnusableError } from '../../services/queue/errors.ts';

/** Whose message says what to do. */
const plain = [SettingsError, UnfitDatabaseError, RedisUnusableError];

/** What went wrong and what to do, for the terminal. A fault of ours is shown with its stack. */
export function inOneLine(error: unknown): string {
  if (error instanceof BanyanError) return `${error.message} ${error.advice}`;
  if (!(error instanceof Error)) return String(error);
  return plain.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message);
}
