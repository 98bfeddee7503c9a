/**
 * `npm run worker`: makes documents out of uploads for backends that share a PostgreSQL and a Redis. As many as are wanted,
 * on any machine; Ctrl-C finishes what is nearly done and gives back the rest.
 */
import { dirname, join } from 'node:path';
import { portFault } from '@banyan/gateway/ports.ts';
import { keepPrivate } from '@banyan/gateway/private-data.ts';
import { SettingsError } from '@banyan/gateway/settings.ts';
import { aborted, stopSignal } from '@banyan/gateway/terminal/stop-signal.ts';
import { Closers } from '@banyan/operations/closers.ts';
import { sql } from 'kysely';
import { type BanyanSettings, readSettings } from '../../banyan.settings.ts';
import { openDatabase } from '../../migrations/open.ts';
import { wallClock } from '../../services/clock.ts';
import { openGround } from '../../services/open-state.ts';
import { parseRetiredQuirks } from '../../services/quirks.ts';
import { timestampOf } from '../../services/wire/time.ts';
import { UploadMetrics } from '../../services/worker/upload-metrics.ts';
import { ensureModel } from '../setup/index.ts';
import { inOneLine } from './in-one-line.ts';
import { openLogFile, startLogAndTracing } from './logs.ts';
import { workerMetrics } from './worker-metrics.ts';
import { startProbes } from './worker-probes.ts';

const root = dirname(dirname(import.meta.dirname));
const report = (line: string) => console.error(line);

const signal = stopSignal(() => {
  report('Stopped at once; what was being worked on is taken over by another worker after a minute.');
  process.exit(130);
});

const closers = new Closers();

try {
  const begun = performance.now();
  await start(readSettings(process.env, root));
  signal.throwIfAborted();
  console.log(
    `The worker is up after ${((performance.now() - begun) / 1000).toFixed(1)} s. Ctrl-C stops it.`,
  );
  await aborted(signal);
  report('\nStopping: uploads that are nearly done are finished, the others given back.');
  await closers.close();
  report('Stopped.');
  process.exit(0);
} catch (error) {
  await closers.close();
  report(signal.aborted ? 'Stopped.' : inOneLine(error));
  process.exit(signal.aborted ? 0 : 1);
}

async function start(settings: BanyanSettings): Promise<void> {
  const { databaseUrl, redisUrl, dataFolder } = settings;
  if (!databaseUrl || !redisUrl)
    throw new SettingsError([
      'DATABASE_URL and REDIS_URL are both needed: a worker by itself has its uploads from a backend elsewhere. ' +
        'Without them the gateway makes the documents itself',
    ]);
  await keepPrivate(dataFolder, settings.setupFolder);
  const logFile = await openLogFile(join(dataFolder, 'logs/worker.log'));
  closers.defer(() => logFile.close());
  const { log, tracing } = await startLogAndTracing(settings, logFile, 'banyan-worker');
  closers.defer(() => tracing.close());
  const [now, timestamp] = [wallClock(), timestampOf(parseRetiredQuirks(settings.quirksRetired))];
  const watch = new UploadMetrics();
  const { pdfEngine, workerConcurrency } = settings;
  const { db } = await openGround(
    {
      folder: dataFolder,
      database: { url: databaseUrl },
      openDatabase,
      redisUrl,
      work: true,
      embeddingModel: () => ensureModel({ root, env: process.env, report, signal, ...settings }),
      pdfEngine,
      workerConcurrency,
      log,
      watch,
      env: process.env,
    },
    () => timestamp(now()),
    closers,
  );
  if (settings.workerPort !== undefined) {
    const metrics = workerMetrics(watch);
    closers.use(metrics);
    const probes = await startProbes({
      port: settings.workerPort,
      metrics: () => metrics.text(),
      check: () => sql`select 1`.execute(db),
    }).catch(async (error: unknown) => {
      const use = { port: settings.workerPort ?? 0, host: undefined };
      throw await portFault({ ...use, what: "the worker's probes", variable: 'WORKER_PORT' }, error);
    });
    closers.use(probes);
  }
}
