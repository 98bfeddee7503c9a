/** Flags for a command: through the running gateway, or in the file itself while none runs. */
import type { FlipAnswer } from '../console/api.ts';
import { alarmFile, objection, readAlarms } from '../continuity/alarms/stored.ts';
import { boundWithoutJournal } from '../continuity/bound.ts';
import { isMode } from '../continuity/protocol/modes.ts';
import { BanyanError } from '../errors.ts';
import { openFlags } from '../flags/live-store.ts';
import type { AuditEntry } from '../flags/model.ts';
import type { Asked } from '../flags/plan.ts';
import type { FlagStore } from '../flags/store.ts';
import { unknownMode } from '../flags/unknown-mode.ts';
import { journalChoice } from '../journal-choice.ts';
import { silentLog } from '../log.ts';
import type { CliContext } from './context.ts';
import { whileDraining } from './drain-progress.ts';
import { findGateway } from './gateway-client.ts';

export interface Changed extends Omit<FlipAnswer, 'left' | 'restored'> {
  /** False: no gateway runs; the file says it, and the next start puts it in force. */
  inForce: boolean;
}

/** Of a flip or a rollback. */
export interface Flipped extends FlipAnswer {
  inForce: boolean;
}

export async function flip(
  context: CliContext,
  target: string,
  mode: string,
  { why, force, yes }: { why: string | undefined; force: boolean; yes: boolean },
): Promise<Flipped> {
  if (!isMode(mode)) throw new BanyanError('unknown_mode', { reason: unknownMode(mode) });
  const who = context.user;
  const gateway = await findGateway(context.settings);
  if (gateway)
    return {
      ...(await whileDraining(
        context,
        gateway,
        gateway.post<FlipAnswer>('/flip', { target, mode, who, why, force, yes }),
      )),
      inForce: true,
    };
  const said = { who, why: why ?? noReason, force, yes: yes && why !== undefined };
  return inFile(context, { target, mode }, (store) => store.change({ target, mode, ...said }));
}

export async function rollback(
  context: CliContext,
  {
    now,
    target,
    why,
    force,
  }: { target: string | undefined; now: boolean; force: boolean; why: string | undefined },
): Promise<Flipped> {
  const who = context.user;
  const gateway = await findGateway(context.settings);
  if (gateway)
    return {
      ...(await whileDraining(
        context,
        gateway,
        gateway.post<FlipAnswer>('/rollback', { target, who, why, now, force }),
      )),
      inForce: true,
    };
  return inFile(context, { target, mode: 'legacy' }, (store) =>
    store.rollback({ target, who, why: why ?? noReason, force }),
  );
}

const noReason = 'no reason given';

/** The same store as the gateway's, so that the next start finds the change recorded and does not take it for a hand's. */
async function inFile(
  context: CliContext,
  asked: Asked,
  work: (store: FlagStore) => Promise<AuditEntry[]>,
): Promise<Flipped> {
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
    // That a route has to stay legacy is nothing against a rollback.
    bound:
      asked.mode === 'legacy'
        ? undefined
        : boundWithoutJournal(journalChoice(settings.continuity, application)),
    log: silentLog,
    watch: false,
  });
  try {
    const wasFaulty = store.faults.length > 0;
    const changed = await work(store);
    const restored = wasFaulty && store.faults.length === 0;
    const { left } = store.plan(asked);
    return { changed, epoch: store.current.epoch, left, restored, inForce: false };
  } finally {
    await store.close();
  }
}
