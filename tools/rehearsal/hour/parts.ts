/** Banyan with its legacy app apart, so that the new backend can be stopped, with the gateway that it is in, and legacy stays. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JournalSize } from '@banyan/gateway/continuity/journal/size.ts';
import type { Closers } from '@banyan/operations/closers.ts';
import { readSettings } from '../../../banyan.settings.ts';
import { routeTable } from '../../../contract/routes.ts';
import { startLegacy } from '../../launch/legacy.ts';
import { run } from '../../launch/run.ts';
import { freePorts, settingsApart } from '../../launch/testing.ts';
import { ensureSetup } from '../../setup/index.ts';
import { consoleApi } from '../console-api.ts';
import { startApart } from '../start-apart.ts';

export interface Parts {
  url: string;
  legacyUrl: string;
  /** Every route; in force when it resolves. */
  all(mode: 'legacy' | 'new'): Promise<void>;
  journal(): Promise<JournalSize>;
  /** What was answered otherwise by the backend that was given it, for a person to read. */
  divergences(): Promise<string>;
  /** Resolves when neither side has to be given anything. @throws Error where something is stuck */
  even(): Promise<void>;
  /** Stops the gateway, and new with it. */
  stopNew(): Promise<void>;
  close(): Promise<void>;
}

export function startParts(root: string, report: (line: string) => void): Promise<Parts> {
  return startApart('hour', (folder, closers) => start(root, folder, report, closers));
}

async function start(
  root: string,
  folder: string,
  report: (line: string) => void,
  closers: Closers,
): Promise<Omit<Parts, 'close'>> {
  const flagFile = join(folder, 'flags.yaml');
  const flags = (mode: string) =>
    writeFile(
      flagFile,
      `evidence: warn\nguards: off\nroutes:\n${routeTable.routes.map(({ key }) => `  ${key}: ${mode}\n`).join('')}`,
    );
  await flags('legacy');
  const apart = settingsApart(root, folder, flagFile);
  const setup = await ensureSetup({ ...apart.settings, root, env: process.env, report });
  const { RELAY_PORT } = await freePorts();
  const key = 'hour-relay-0123456789';
  const legacy = await startLegacy({
    root,
    ...setup,
    port: 0,
    folder: join(folder, 'legacy'),
    model: { baseUrl: `http://127.0.0.1:${RELAY_PORT}`, key },
  });
  closers.defer(() => legacy.stop());
  const env = { ...apart.env, LEGACY_URL: legacy.url, RELAY_PORT, RELAY_KEY: key, LOG_LEVEL: 'error' };
  const settings = readSettings(env, root);
  const banyan = await run({ settings, root, env, report, signal: new AbortController().signal });
  let stopping: Promise<void> | undefined;
  const stopNew = () => {
    stopping ??= banyan.close();
    return stopping;
  };
  closers.defer(stopNew);
  const api = consoleApi(banyan.consoleUrl, banyan.newConsoleToken ?? '');
  const journal = async () => (await api('journal')) as JournalSize;
  return {
    url: banyan.url,
    legacyUrl: legacy.url,
    journal,
    stopNew,
    divergences: async () => JSON.stringify(await api('divergences')).slice(0, 3000),
    async all(mode) {
      const { epoch } = (await api('status')) as { epoch: number };
      await flags(mode);
      while (((await api('status')) as { epoch: number }).epoch === epoch) await pause(10);
    },
    async even() {
      for (;;) {
        const { lag, underWay, doubt, pinned } = await journal();
        if (pinned.length > 0)
          throw new Error(`It cannot be replayed: ${JSON.stringify(pinned.slice(0, 3))}`);
        if (lag.legacy + lag.new + underWay + doubt === 0) return;
        await pause(100);
      }
    },
  };
}
