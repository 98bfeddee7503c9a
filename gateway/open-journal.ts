/** State continuity as a gateway runs it. */
import { join } from 'node:path';
import type { Backend } from './backends/backend.ts';
import type { Alarms } from './continuity/alarms/alarms.ts';
import type { OpenContinuity } from './continuity/continuity.ts';
import type { SecretHeaders } from './continuity/journal/credentials.ts';
import type { BanyanError } from './errors.ts';
import type { FlagsInForce } from './flags/model.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { Guard } from './guards/guard.ts';
import { isSecretHeader } from './record/redaction/headers.ts';
import { readRedaction } from './record/redaction/redaction-file.ts';

export const isJournaled = ({ settings, application }: GatewayOptions): boolean =>
  settings.continuity === 'on' && application.continuity !== undefined;

export interface JournalParts {
  legacy: Backend;
  guard: Guard;
  flags: { readonly current: FlagsInForce };
  alarms: Alarms | undefined;
  onClaimLost: (error: BanyanError) => void;
}

/** Nothing without the setting: then the gateway needs no database, and loads nothing of it. */
export async function openJournal(
  options: GatewayOptions,
  { legacy, guard, flags, alarms, onClaimLost }: JournalParts,
): Promise<OpenContinuity | undefined> {
  const { settings, application, legacyUrl, tie, log } = options;
  const ground = application.continuity;
  if (!isJournaled(options) || !ground) return undefined;
  const [{ openContinuity }, { openedJournal }] = await Promise.all([
    import('./continuity/continuity.ts'),
    import('./continuity/journal/migrations/migrate.ts'),
  ]);
  return openContinuity({
    table: application.table,
    backends: { legacy, new: application.newBackend },
    db: openedJournal(() => ground.database()),
    openSession: ground.openSession,
    saidGone: settings.takeOverFrom,
    onClaimLost,
    voidOnNew: ground.makeVoid,
    takeOver: ground.takeOver,
    folder: join(settings.dataFolder, 'continuity'),
    legacyUrl,
    ...(tie && { tie }),
    ...(alarms && { alarms }),
    onDivergence: (route) => guard.diverged(route),
    rules: application.accepted ?? [],
    secretHeaders: secretHeaders(settings.redactionFile, ground.neededHeaders ?? []),
    keepFor: settings.journalDays * 24 * 3600,
    audit: {
      ...settings.audit,
      isComplete: (route) => flags.current.routes.get(route)?.mode === 'complete',
    },
    disk: settings.disk,
    log,
  });
}

/** By their names and by the team's own list, but for those that the application's backends cannot do without. */
function secretHeaders(redactionFile: string, needed: readonly string[]): SecretHeaders {
  const own = new Set(readRedaction(redactionFile).headers);
  return { has: (name) => !needed.includes(name) && (own.has(name) || isSecretHeader(name)) };
}
