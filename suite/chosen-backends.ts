/** The backends of a run: those that are given by their address, and fresh ones in the place of those that are not. */

import { readSettings } from '@banyan/gateway/settings.ts';
import { routeTable } from '../contract/routes.ts';
import { ensureSetup } from '../tools/setup/index.ts';
import { type FreshBackends, freshBackends, runningElsewhere } from './backends.ts';
import { type SeenRelay, startSeenRelay } from './fresh/seen-relay.ts';
import { type RunOptions, UsageError } from './run-options.ts';
import type { SuiteOptions } from './suite-options.ts';

export type Choice = Pick<RunOptions, 'legacy' | 'new' | 'relay' | 'retired'>;

export interface ChosenBackends {
  suite: Pick<SuiteOptions, 'startLegacy' | 'startNew' | 'oneAfterTheOther' | 'freshLegacy'>;
  /** Not where both backends are given. */
  startGateway?: FreshBackends['startGateway'];
  close(): Promise<void>;
}

/** @throws UsageError */
export async function chosenBackends(root: string, options: Choice): Promise<ChosenBackends> {
  const relay = options.relay === undefined ? undefined : await relayAt(root, options.relay);
  const given = {
    ...(options.legacy && { startLegacy: runningElsewhere(options.legacy, relay), freshLegacy: false }),
    ...(options.new && { startNew: runningElsewhere(options.new, relay) }),
    // One relay hears both: whose call it is shows only where one is done before the other begins.
    ...(relay && { oneAfterTheOther: true }),
  };
  const { startLegacy, startNew } = given;
  if (startLegacy && startNew)
    return { suite: { ...given, startLegacy, startNew }, close: async () => relay?.close() };
  const settings = readSettings(process.env, root);
  const report = (line: string) => console.error(line);
  const setup = await ensureSetup({ ...settings, root, report, env: process.env });
  const fresh = await freshBackends({ root, table: routeTable, retired: options.retired, ...setup });
  return {
    suite: { ...fresh, ...given },
    startGateway: fresh.startGateway,
    async close() {
      await Promise.all([fresh.close(), relay?.close()]);
    },
  };
}

async function relayAt(root: string, url: string): Promise<SeenRelay> {
  const { hostname, port } = new URL(url);
  const { relay, model } = readSettings(process.env, root);
  if (!relay.key)
    throw new UsageError('--relay needs RELAY_KEY: what the backends present as the key of their model');
  return startSeenRelay({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    key: relay.key,
    model,
  });
}
