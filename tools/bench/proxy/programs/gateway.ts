/** Banyan's gateway on the chatbot's route table, every route on legacy, the flag file watched, the log as it is by default. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '@banyan/gateway/gateway.ts';
import { Metrics } from '@banyan/gateway/metrics/metrics.ts';
import { Traffic } from '@banyan/gateway/metrics/traffic.ts';
import { createApplication } from '../../../../banyan.config.ts';
import { readSettings } from '../../../../banyan.settings.ts';
import { openLogFile, startLogAndTracing } from '../../../launch/logs.ts';
import { ready, upstream } from './serve-proxy.ts';

// A folder of its own, as the flag file has one apart from the log in production: the gateway watches it.
const folder = mkdtempSync(join(process.env.FOLDER ?? '.', 'gateway-'));
const flags = join(folder, 'flags.yaml');
writeFileSync(flags, 'routes:\n  GET /api/health: new\n  GET /api/chats: legacy\n');

const { FORWARDER, LOG_LEVEL, METRICS } = process.env;
const otel = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_'));
const settings = readSettings(
  {
    ...Object.fromEntries(otel),
    FORWARDER,
    LOG_LEVEL,
    BANYAN_DATA: join(folder, 'data'),
    BANYAN_FLAGS: flags,
    HOST: '127.0.0.1',
    PORT: '0',
    CONTINUITY: 'off',
    CONSOLE_PORT: '0',
  },
  folder,
);
// The gateway itself cannot be had without: what counts an answer is left out.
if (METRICS === 'off')
  for (const counting of [Metrics.prototype, Traffic.prototype]) counting.answered = () => {};
// The log that a start has, in a file of its own.
const { log } = await startLogAndTracing(settings, await openLogFile(join(folder, 'gateway.log')), 'banyan');
const gateway = await startGateway({
  settings,
  application: createApplication(settings),
  legacyUrl: upstream().origin,
  log,
});
ready(Number(new URL(gateway.url).port));
