/** Banyan's gateway on the chatbot's route table, every route on legacy, the flag file watched, the log as it is by default. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApplication } from '../../../banyan.config.ts';
import { startGateway } from '../../../gateway/gateway.ts';
import { createLog } from '../../../gateway/log.ts';
import { readSettings } from '../../../gateway/settings.ts';
import { ready, upstream } from './serve.ts';

// A folder of its own, as the flag file has one apart from the log in production: the gateway watches it.
const folder = mkdtempSync(join(process.env.FOLDER ?? '.', 'gateway-'));
const flags = join(folder, 'flags.yaml');
writeFileSync(flags, 'routes:\n  GET /api/health: new\n  GET /api/chats: legacy\n');

const settings = readSettings(
  {
    FORWARDER: process.env.FORWARDER,
    BANYAN_DATA: join(folder, 'data'),
    BANYAN_FLAGS: flags,
    HOST: '127.0.0.1',
    PORT: '0',
    CONSOLE_PORT: '0',
  },
  folder,
);
const gateway = await startGateway({
  settings,
  application: createApplication(settings),
  legacyUrl: upstream().origin,
  log: createLog(settings.logLevel),
});
ready(Number(new URL(gateway.url).port));
