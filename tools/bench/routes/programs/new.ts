/** The new backend by itself, for `bench -- routes`: PGlite in this process, on the disk. Sends its port once it listens. */

import { createBackend } from '../../../../banyan.config.ts';
import { readSettings } from '../../../../banyan.settings.ts';
import { noLog } from '../../../../services/queue/log.ts';
import { startNewBackend } from '../../../../services/server.ts';

const { BENCH_MODEL_URL = '', BENCH_MODEL_KEY = '', BENCH_EMBEDDING_MODEL = '' } = process.env;
const settings = readSettings({ BANYAN_DATA: process.env.BANYAN_DATA }, process.cwd());
const backend = createBackend(settings, {
  model: { baseUrl: BENCH_MODEL_URL, key: BENCH_MODEL_KEY },
  embeddingModel: async () => BENCH_EMBEDDING_MODEL,
  env: process.env,
  log: noLog,
});
await backend.open();
const server = await startNewBackend({ backend, port: 0 });
process.send?.({ port: Number(new URL(server.url).port) });
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
