/** Whether there still is a legacy app to start. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { completionNote } from '@banyan/gateway/console/completion.ts';
import { parseFlagFile } from '@banyan/gateway/flags/grammar/parse.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import type { BanyanSettings } from '../../banyan.settings.ts';

/** A name that is never found (RFC 2606): of the legacy app once it was taken away. Nothing is sent there. */
const nowhere = 'http://legacy.invalid';

/**
 * The settings of a start. Where `banyan complete` has noted the end of legacy, and the flag file still says so of every
 * route, none is started, as if it ran elsewhere.
 */
export async function withoutCompleted(settings: BanyanSettings): Promise<BanyanSettings> {
  const { legacy, dataFolder, flagFile } = settings;
  if (legacy.url || !existsSync(completionNote(dataFolder))) return settings;
  const { createApplication } = await import('../../banyan.config.ts');
  const { table } = createApplication(settings);
  const reading = parseFlagFile(await readFile(flagFile, 'utf8').catch(() => ''), { table });
  const isCompleted =
    reading.ok && routeKeys(table).every((key) => reading.flags.routes.get(key)?.mode === 'complete');
  return isCompleted ? { ...settings, legacy: { ...legacy, url: nowhere } } : settings;
}

export const isGone = ({ legacy }: Pick<BanyanSettings, 'legacy'>): boolean => legacy.url === nowhere;
