/** `npm run new`: the new backend alone on a port, so that anything can be pointed at it; stops at Ctrl-C. */

import { dirname, join } from 'node:path';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { checkPorts, portFault } from '@banyan/gateway/ports.ts';
import { keepPrivate } from '@banyan/gateway/private-data.ts';
import { modelName, startRelay } from '@banyan/gateway/relay/relay.ts';
import { aborted, stopSignal } from '@banyan/gateway/terminal/stop-signal.ts';
import { Closers } from '@banyan/operations/closers.ts';
import { createBackend } from '../../banyan.config.ts';
import { type BanyanSettings, readSettings } from '../../banyan.settings.ts';
import { chatbotVoice } from '../../contract/stand-in.ts';
import { startNewBackend } from '../../services/server.ts';
import { ensureModel } from '../setup/index.ts';
import { inOneLine } from './in-one-line.ts';
import { openLogFile, startLog } from './logs.ts';

const root = dirname(dirname(import.meta.dirname));
const report = (line: string) => console.error(line);

const signal = stopSignal(() => {
  report('Stopped at once; what was in flight is lost.');
  process.exit(130);
});

const closers = new Closers();

try {
  const begun = performance.now();
  const settings = readSettings(process.env, root);
  const { url, model } = await start(settings);
  signal.throwIfAborted();
  console.log(`The new backend is up after ${((performance.now() - begun) / 1000).toFixed(1)} s.\n`);
  console.log(`  Origin      ${url}\n  Model       ${model}\n\nCtrl-C stops it.\n`);
  await aborted(signal);
  report('\nStopping: requests in flight are finished first; Ctrl-C again stops at once.');
  await closers.close();
  report('Stopped.');
  process.exit(0);
} catch (error) {
  await closers.close();
  report(signal.aborted ? 'Stopped.' : inOneLine(error));
  process.exit(signal.aborted ? 0 : 1);
}

async function start(settings: BanyanSettings): Promise<{ url: string; model: string }> {
  const { port, key } = settings.newBackend;
  const use = { port, host: '127.0.0.1', what: 'the new backend', variable: 'NEW_PORT' };
  await keepPrivate(settings.dataFolder, settings.setupFolder);
  await checkPorts([use]);
  const embeddingModel = await ensureModel({ root, env: process.env, report, signal, ...settings });
  const logFile = await openLogFile(join(settings.dataFolder, 'logs/new.log'));
  const log = startLog(settings.logLevel, logFile);
  closers.defer(() => logFile.close());
  const model = await modelOf(settings, log);
  const backend = createBackend(settings, {
    model,
    log,
    env: process.env,
    folder: 'new-alone',
    embeddingModel: async () => embeddingModel,
  });
  closers.use(backend);
  await backend.open();
  const onFault = (error: unknown) => log.error({ err: error }, 'A request could not be answered.');
  const server = await startNewBackend({ backend, port, key, onFault }).catch(async (error: unknown) => {
    throw error instanceof BanyanError ? error : await portFault(use, error);
  });
  closers.use(server);
  return { url: server.url, model: modelName(settings.model) };
}

/** Gemini is asked as it is; anything else by way of a relay of its own, which speaks as Gemini does. */
async function modelOf({ model, relay: { key } }: BanyanSettings, log: ReturnType<typeof startLog>) {
  if (model.kind === 'gemini') return { baseUrl: model.baseUrl, key: model.key };
  const relay = await startRelay({ host: '127.0.0.1', port: 0, key, model, standIn: chatbotVoice, log });
  closers.use(relay);
  return { baseUrl: relay.url, key: relay.key };
}
