/**
 * `npm run worker`: makes documents out of uploads for backends that share a PostgreSQL and a Redis. As many as are wanted,
 * on any machine; Ctrl-C finishes what is nearly done and gives back the rest.
 */
import { dirname, join } from 'node:path';
import { UploadMetrics, workerMetrics } from '@banyan/gateway/metrics/uploads.ts';
import { readSettings, type Settings, SettingsError } from '@banyan/gateway/settings.ts';
import { aborted, stopSignal } from '@banyan/gateway/terminal/stop-signal.ts';
import { sql } from 'kysely';
import { wallClock } from '../../services/clock.ts';
import { openDatabase } from '../../services/db/open.ts';
import { installedEngine } from '../../services/ingestion/engines/installed.ts';
import { parseRetiredQuirks } from '../../services/quirks.ts';
import {
  createEmbeddings,
  embeddingModelOf,
  ragConfiguration as rag,
} from '../../services/rag/configuration.ts';
import { timestampOf } from '../../services/wire/time.ts';
import { ingestionSettings } from '../../services/worker/ingestion-settings.ts';
import { startUploads } from '../../services/worker/uploads.ts';
import { ensureModel } from '../setup/index.ts';
import { inOneLine } from './in-one-line.ts';
import { openLogFile, startLogAndTracing } from './logs.ts';
import { portFault } from './ports.ts';
import { keepPrivate } from './private-data.ts';
import { startProbes } from './worker-probes.ts';

const root = dirname(dirname(import.meta.dirname));
const report = (line: string) => console.error(line);

const signal = stopSignal(() => {
  report('Stopped at once; what was being worked on is taken over by another worker after a minute.');
  process.exit(130);
});

const closers: (() => Promise<unknown>)[] = [];
const close = async () => {
  for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
};

try {
  const begun = performance.now();
  await start(readSettings(process.env, root));
  signal.throwIfAborted();
  console.log(
    `The worker is up after ${((performance.now() - begun) / 1000).toFixed(1)} s. Ctrl-C stops it.`,
  );
  await aborted(signal);
  report('\nStopping: uploads that are nearly done are finished, the others given back.');
  await close();
  report('Stopped.');
  process.exit(0);
} catch (error) {
  await close();
  report(signal.aborted ? 'Stopped.' : inOneLine(error));
  process.exit(signal.aborted ? 0 : 1);
}

async function start(settings: Settings): Promise<void> {
  const { databaseUrl, redisUrl, dataFolder } = settings;
  if (!databaseUrl || !redisUrl)
    throw new SettingsError([
      'DATABASE_URL and REDIS_URL are both needed: a worker by itself has its uploads from a backend elsewhere. ' +
        'Without them the gateway makes the documents itself',
    ]);
  await keepPrivate(dataFolder, settings.setupFolder);
  const place = { url: databaseUrl };
  const db = await openDatabase(place, embeddingModelOf(rag.embeddings));
  closers.push(() => db.destroy());
  const embeddings = await createEmbeddings(rag.embeddings, () =>
    ensureModel({ root, env: process.env, report, signal, ...settings }),
  );
  closers.push(() => embeddings.close());
  const logFile = await openLogFile(join(dataFolder, 'logs/worker.log'));
  closers.push(async () => logFile.close());
  const { log, tracing } = await startLogAndTracing(settings, logFile, 'banyan-worker');
  closers.push(() => tracing.close());
  const [now, timestamp] = [wallClock(), timestampOf(parseRetiredQuirks(settings.quirksRetired))];
  const watch = new UploadMetrics();
  const uploads = await startUploads({
    db,
    place,
    redisUrl,
    dataFolder,
    log,
    watch,
    work: true,
    store: rag.store(embeddings, { db }),
    clock: () => timestamp(now()),
    ingestion: ingestionSettings(
      { engine: installedEngine(settings.pdfEngine, log), splitter: rag.splitter },
      dataFolder,
      process.env,
    ),
    concurrency: settings.workerConcurrency,
  });
  closers.push(() => uploads.close());
  if (settings.workerPort !== undefined) {
    const metrics = workerMetrics(watch);
    closers.push(() => metrics.close());
    const probes = await startProbes({
      port: settings.workerPort,
      metrics: () => metrics.text(),
      check: () => sql`select 1`.execute(db),
    }).catch(async (error: unknown) => {
      const use = { port: settings.workerPort ?? 0, host: undefined };
      throw await portFault({ ...use, what: "the worker's probes", variable: 'WORKER_PORT' }, error);
    });
    closers.push(() => probes.close());
  }
}
