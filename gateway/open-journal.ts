/** State continuity as a gateway runs it. */
import { join } from 'node:path';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Application } from './application.ts';
import type { Backend } from './backends/backend.ts';
import type { Alarms } from './continuity/alarms/alarms.ts';
import { keepsJournal } from './continuity/bound.ts';
import type { OpenContinuity } from './continuity/continuity.ts';
import type { SecretHeaders } from './continuity/journal/credentials.ts';
import { letsNewServe } from './continuity/protocol/roles.ts';
import type { BanyanError } from './errors.ts';
import type { FlagStore } from './flags/store.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { Guard } from './guards/guard.ts';
import { journalChoice } from './journal-choice.ts';
import { isSecretHeader } from './record/redaction/headers.ts';
import { readRedaction } from './record/redaction/redaction-file.ts';

export const isJournaled = ({ settings, application }: GatewayOptions): boolean =>
  keepsJournal(journalChoice(settings.continuity, application));

export interface JournalParts {
  legacy: Backend;
  guard: Guard;
  flags: Pick<FlagStore, 'current' | 'evidence'>;
  alarms: Alarms | undefined;
  onClaimLost: (error: BanyanError) => void;
}

/** Nothing if the setting says so, or if the route table has no state: then the gateway needs no database, and loads nothing of it. */
export async function openJournal(
  options: GatewayOptions,
  { legacy, flags, guard, alarms, onClaimLost }: JournalParts,
): Promise<OpenContinuity | undefined> {
  const { settings, application, legacyUrl, legacyIsNew, tie, log } = options;
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
    sources: ground.sync && (async () => (await ground.sync?.()) ?? []),
    patience: { sync: syncAfter(settings, legacyIsNew) },
    isProven: provenBy(application, flags),
    legacyStarted: options.legacyStarted,
    folder: join(settings.dataFolder, 'continuity'),
    legacyUrl,
    ...(tie && { tie }),
    ...(alarms && { alarms }),
    onDivergence: (route) => guard.diverged(route),
    rules: application.accepted ?? [],
    secretHeaders: secretHeaders(settings.redactionFile, ground.neededHeaders ?? []),
    isComplete: (route) => flags.current.routes.get(route)?.mode === 'complete',
    diff: settings.diff,
    keepFor: settings.journalDays * 24 * 3600,
    audit: settings.audit,
    disk: settings.disk,
    log,
  });
}

/** Undefined: after the longest execution time of the route table. */
const syncAfter = ({ syncAfter }: GatewayOptions['settings'], legacyIsNew = false): number | undefined =>
  syncAfter === undefined ? (legacyIsNew ? 0 : undefined) : syncAfter * 1000;
/** How long a look into the file with the evidence holds, in milliseconds: requests ask again and again. */
const holds = 5000;

/** Whether the new backend has a route and it is proven, or a person lets it serve the route without proof. */
function provenBy(
  { implemented, evidence }: Application,
  flags: JournalParts['flags'],
): (route: RouteKey) => boolean {
  const looked = new Map<RouteKey, { isProven: boolean; until: number }>();
  return (route) => {
    if (!implemented.has(route)) return false;
    const before = looked.get(route);
    if (before && before.until > performance.now()) return before.isProven;
    const mode = flags.current.routes.get(route)?.mode;
    const isLetServe = flags.evidence === 'warn' || (mode !== undefined && letsNewServe(mode));
    const isProven = isLetServe || evidence?.lacking(route) === undefined;
    looked.set(route, { isProven, until: performance.now() + holds });
    return isProven;
  };
}

/** By their names and by the team's own list, but for those that the application's backends cannot do without. */
function secretHeaders(redactionFile: string, needed: readonly string[]): SecretHeaders {
  const own = new Set(readRedaction(redactionFile).headers);
  return { has: (name) => !needed.includes(name) && (own.has(name) || isSecretHeader(name)) };
}
