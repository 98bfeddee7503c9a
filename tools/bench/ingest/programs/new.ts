/** The new backend alone, embedded, with everything that it starts. Asked for it, it says how long its event loop was held up. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createBackend } from '../../../../banyan.config.ts';
import { readSettings } from '../../../../banyan.settings.ts';
import { noLog } from '../../../../services/queue/log.ts';
import { startNewBackend } from '../../../../services/server.ts';

const { FOLDER = '.', MODEL_FOLDER = '' } = process.env;
const settings = readSettings({ BANYAN_DATA: FOLDER }, FOLDER);
const backend = createBackend(settings, {
  // No message is sent.
  model: { baseUrl: 'http://127.0.0.1:9', key: 'none' },
  embeddingModel: async () => MODEL_FOLDER,
  env: process.env,
  log: noLog,
});
await backend.open();
const server = await startNewBackend({ backend, port: 0 });
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('message', () => {
  // Nanoseconds.
  process.send?.({ p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 });
  delay.reset();
});
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.send?.({ url: server.url });
