/**
 * What a person decides where legacy came back without data that clients were shown: legacy is right, and the new backend takes over what
 * legacy has; or legacy is given back what it lacks, as far as there is something to give (`giving-back.ts`).
 */
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import { adoptLegacy } from '../journal/outside.ts';
import type { Restarts } from './restarts.ts';

export interface DecideGround {
  journal: Journal;
  restarts: Restarts;
  log: Logger;
  /** The sync has something to bring. */
  onUnknown(): void;
  /** Legacy may be written to again, and given back what it lacks. */
  onReleased(): void;
}

export interface Adoption {
  /** The new backend takes over legacy's state of these. */
  adopted: string[];
  /** Writes on the new backend that legacy is never given, as they rest on what it lacks. */
  dropped: number;
  /** A write to these was under way: nothing was decided about them, and legacy stays as it was until the command is given again. */
  busy: string[];
}

/**
 * Legacy's state stands, of everything that legacy lacks data of or of the named keys.
 * @throws BanyanError `legacy_lacks_none` where legacy lacks no data of what is named
 */
export async function adoptWhatLegacyHas(
  named: readonly string[],
  why: string,
  ground: DecideGround,
): Promise<Adoption> {
  const { journal, log } = ground;
  const { legacy } = journal.knowledge;
  const all = legacy.lacking().flatMap(([key, { what }]) => (what === 'data' ? [key] : []));
  const stranger = named.find((key) => !all.includes(key));
  if (stranger !== undefined || all.length === 0)
    throw new BanyanError('legacy_lacks_none', { key: stranger ?? 'anything' });
  const adoption: Adoption = { adopted: [], dropped: 0, busy: [] };
  for (const key of named.length > 0 ? named : all) {
    const over = await fenced(await journal.db(), journal.fence, (tx) => adoptLegacy(tx, { key, why }));
    if (!over) {
      adoption.busy.push(key);
      continue;
    }
    for (const id of over) journal.lag.gone(id);
    journal.knowledge.forgot(key);
    legacy.has(key);
    adoption.adopted.push(key);
    adoption.dropped += over.length;
  }
  const { adopted, dropped, busy } = adoption;
  log.warn(
    { adopted: adopted.length, dropped, busy: busy.length, why },
    "a person has decided that legacy's data stands",
  );
  ground.onUnknown();
  if (named.length === 0 && busy.length === 0) await giveBack(why, ground);
  return adoption;
}

/** Legacy is written to again, and given back what it lacks. */
export async function giveBack(why: string, { restarts, log, onReleased }: DecideGround): Promise<void> {
  if (restarts.current.blocked !== undefined)
    log.warn({ why }, 'a person has decided that legacy is written to again');
  await restarts.block(undefined);
  onReleased();
}
