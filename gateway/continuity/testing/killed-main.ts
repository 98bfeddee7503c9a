/**
 * A gateway with state continuity in a process of its own, between applications of notes in its parent, every route on
 * `new`; it kills itself outright at a failpoint. For tests: what a throw in the same process leaves behind may be tidier.
 */
import { httpBackend } from '../../backends/http/http-backend.ts';
import { inProcessBackend } from '../../backends/in-process/in-process-backend.ts';
import { silentLog } from '../../log.ts';
import { openPublicOrigin } from '../../public-origin.ts';
import { startRelay } from '../../relay/relay.ts';
import { flagsOf } from '../../test/support/flags.ts';
import { openContinuity } from '../continuity.ts';
import { type Failpoint, onFailpoint } from '../failpoints.ts';
import { journalOf } from '../journal/tables.ts';
import { Tie } from '../model-calls/tie.ts';
import { connectJournal } from './both.ts';
import { untilEven } from './even.ts';
import { notesTable } from './notes-table.ts';
import { operationHeader } from './serve-app.ts';

export interface KilledOptions {
  databaseUrl: string;
  folder: string;
  legacyUrl: string;
  newUrl: string;
  /** The pass of the point at which it ends, from 1. */
  kill?: { point: Failpoint; pass: number };
}

const { databaseUrl, folder, legacyUrl, newUrl, kill } = JSON.parse(process.argv[2] ?? '') as KilledOptions;
let passes = 0;
if (kill)
  onFailpoint(kill.point, () => {
    passes += 1;
    if (passes === kill.pass) process.kill(process.pid, 'SIGKILL');
  });
const table = notesTable();
const tie = new Tie();
const relay = await startRelay({
  host: '127.0.0.1',
  port: 0,
  model: { kind: 'stand-in' },
  log: silentLog,
  around: (provider) => tie.around(provider),
});
const backends = {
  legacy: httpBackend({ name: 'legacy', url: legacyUrl }),
  new: inProcessBackend('new', async ({ method, target, body, operation }) => {
    const chunks: Buffer[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
    const response = await fetch(newUrl + target, {
      method,
      headers: operation ? { [operationHeader]: JSON.stringify(operation) } : {},
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const { status, statusText: reason, headers } = response;
    const answer = Buffer.from(await response.arrayBuffer());
    const rawHeaders = [
      'Content-Type',
      headers.get('content-type') ?? '',
      'Content-Length',
      `${answer.length}`,
    ];
    return { status, reason, rawHeaders, body: answer };
  }),
};
const db = connectJournal({ url: databaseUrl });
const continuity = await openContinuity({
  table,
  backends,
  folder,
  tie,
  log: silentLog,
  db: async () => journalOf(db),
  secretHeaders: new Set(['authorization', 'cookie']),
  patience: { sync: 0 },
  voidOnNew: async (id) => (await (await fetch(`${newUrl}/void/${id}`)).text()) as 'void' | 'done',
});
await continuity.sync.looked();
const origin = await openPublicOrigin({
  host: '127.0.0.1',
  port: 0,
  legacy: backends.legacy,
  legacyUrl,
  continuity,
  trustedProxies: [],
  flags: {
    current: flagsOf(table, Object.fromEntries(table.routes.map(({ key }) => [key, 'new' as const]))),
  },
  log: silentLog,
  application: {
    name: 'notes',
    table,
    newBackend: backends.new,
    implemented: new Set<string>(),
    prepare: async () => {},
    withheld: () => undefined,
    errorHeaders: () => [],
  },
});
process.send?.({ url: origin.url, relay: { url: relay.url, key: relay.key } });
process.on('message', async () => {
  await untilEven(continuity);
  process.send?.('even');
});
process.on('disconnect', () => process.exit());
