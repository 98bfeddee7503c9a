/** Flags for a command: through the running gateway, or in the file itself while none runs. */
import { alarmFile, objection, readAlarms } from '../continuity/alarms/stored.ts';
import { boundWithoutJournal } from '../continuity/bound.ts';
import type { Leaving } from '../continuity/journal/leave.ts';
import { isMode } from '../continuity/protocol/modes.ts';
import { BanyanError } from '../errors.ts';
import { openFlags } from '../flags/live-store.ts';
import type { AuditEntry, UnwrittenFlags } from '../flags/model.ts';
import type { FlagStore } from '../flags/store.ts';
import { unknownMode } from '../flags/unknown-mode.ts';
import { silentLog } from '../log.ts';
import type { CliContext } from './context.ts';
import { whileDraining } from './drain-progress.ts';
import { findGateway } from './gateway-client.ts';

export interface Changed {
  changed: AuditEntry[];
  epoch: number;
  /** False: no gateway runs; the file says it, and the next start puts it in force. */
  inForce: boolean;
  /** The flag file could not be written: how it differs from what is in force now. */
  unwritten?: UnwrittenFlags;
}

export interface RolledBack extends Changed, Partial<Leaving> {}

export async function flip(
  context: CliContext,
  target: string,
  mode: string,
  { why, force }: { why: string; force: boolean },
): Promise<Changed> {
  if (!isMode(mode)) throw new BanyanError('unknown_mode', { reason: unknownMode(mode) });
  const who = context.user;
  const gateway = await findGateway(context.settings);
  if (gateway)
    return {
      ...(await whileDraining(
        context,
        gateway,
        gateway.post<Omit<Changed, 'inForce'>>('/flip', { target, mode, who, why, force }),
      )),
      inForce: true,
    };
  return inFile(context, (store) => store.change({ target, mode, who, why, force }));
}

export async function rollback(
  context: CliContext,
  { now, ...options }: { target: string | undefined; restore: boolean; now: boolean; why: string },
): Promise<RolledBack> {
  const request = { ...options, who: context.user };
  const gateway = await findGateway(context.settings);
  if (gateway)
    return {
      ...(await whileDraining(
        context,
        gateway,
        gateway.post<Omit<RolledBack, 'inForce'>>('/rollback', { ...request, now }),
      )),
      inForce: true,
    };
  return inFile(context, (store) => store.rollback(request));
}

/** The same store as the gateway's, so that the next start finds the change recorded and does not take it for a hand's. */
async function inFile(
  context: CliContext,
  work: (store: FlagStore) => Promise<AuditEntry[]>,
): Promise<Changed> {
  const { settings } = context;
  const application = await context.application();
  const { table } = application;
  const { alarms } = readAlarms(alarmFile(settings.dataFolder), table);
  const store = await openFlags({
    file: settings.flagFile,
    dataFolder: settings.dataFolder,
    table,
    implemented: application.implemented,
    lacking: application.evidence && ((route) => application.evidence?.lacking(route)),
    alarmed: settings.continuity === 'on' ? (route) => objection(alarms, table, route) : undefined,
    bound: boundWithoutJournal(settings.continuity, table),
    log: silentLog,
    watch: false,
  });
  try {
    return { changed: await work(store), epoch: store.current.epoch, inForce: false };
  } finally {
    await store.close();
  }
}
