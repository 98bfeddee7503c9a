/** The backends of a run: those that are given by their address, and fresh ones in the place of those that are not. */
import { readSettings } from '@banyan/gateway/settings.ts';
import type { TestedApplication } from './application.ts';
import type { FreshBackends } from './fresh/backends.ts';
import { type SeenRelay, startSeenRelay } from './fresh/seen-relay.ts';
import type { RunOptions } from './run-options.ts';
import { runningElsewhere } from './running-backend.ts';
import type { SuiteOptions } from './suite-options.ts';
import { UsageError } from './usage-error.ts';

export type Choice = Pick<RunOptions, 'legacy' | 'new' | 'relay' | 'retired'>;

export interface ChosenBackends {
  suite: Pick<SuiteOptions, 'startLegacy' | 'startNew' | 'oneAfterTheOther' | 'freshLegacy'>;
  /** Not where both backends are given, nor of an application that cannot start one. */
  startGateway?: FreshBackends['startGateway'];
  close(): Promise<void>;
}

/** @throws UsageError */
export async function chosenBackends(
  { freshBackends, standIn }: TestedApplication,
  options: Choice,
): Promise<ChosenBackends> {
  const relay = options.relay === undefined ? undefined : await relayAt(options.relay, standIn);
  const given = {
    ...(options.legacy && { startLegacy: runningElsewhere(options.legacy, relay), freshLegacy: false }),
    ...(options.new && { startNew: runningElsewhere(options.new, relay) }),
    // One relay hears both: whose call it is shows only where one is done before the other begins.
    ...(relay && { oneAfterTheOther: true }),
  };
  const { startLegacy, startNew } = given;
  if (startLegacy && startNew)
    return { suite: { ...given, startLegacy, startNew }, close: async () => relay?.close() };
  if (!freshBackends) {
    await relay?.close();
    throw new UsageError(
      'This application does not say how its backends are started: name running ones with --legacy and --new',
    );
  }
  const fresh = await freshBackends({ retired: options.retired });
  const { startGateway } = fresh;
  return {
    suite: { startLegacy: fresh.startLegacy, startNew: fresh.startNew, ...given },
    ...(startGateway && { startGateway }),
    async close() {
      await Promise.all([fresh.close(), relay?.close()]);
    },
  };
}

async function relayAt(url: string, standIn: TestedApplication['standIn']): Promise<SeenRelay> {
  const { hostname, port } = new URL(url);
  const { relay, model } = readSettings(process.env, process.cwd());
  if (!relay.key)
    throw new UsageError('--relay needs RELAY_KEY: what the backends present as the key of their model');
  return startSeenRelay({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
    key: relay.key,
    model,
    standIn,
  });
}
