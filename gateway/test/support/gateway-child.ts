/** The process that `startGatewayProcess` starts. */
import { httpBackend } from '../../backends/http/http-backend.ts';
import { hpmBackend } from '../../backends/http-proxy-middleware/hpm-backend.ts';
import { inProcessBackend } from '../../backends/in-process/in-process-backend.ts';
import { silentLog } from '../../log.ts';
import { openPublicOrigin } from '../../public-origin.ts';
import { makeTable } from './table.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as {
  legacyUrl: string;
  forwarder: string;
  elsewhere?: number;
};

const open = options.forwarder === 'http' ? httpBackend : hpmBackend;
const legacy = open({ name: 'legacy', url: options.legacyUrl });
const table = makeTable(10_000, options.elsewhere);
const origin = await openPublicOrigin({
  host: '127.0.0.1',
  port: 0,
  application: {
    name: 'test',
    table,
    implemented: new Set(),
    newBackend: inProcessBackend('new', () => Promise.reject(new Error('nothing is flipped'))),
    prepare: async () => {},
    withheld: () => undefined,
    errorHeaders: () => [],
  },
  legacy,
  legacyUrl: options.legacyUrl,
  flags: { current: { epoch: 1, routes: new Map(), phases: new Map(), guards: undefined, sample: 1 } },
  trustedProxies: [],
  log: silentLog,
});

let peak = 0;
const sampling = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);

process.on('message', async (message) => {
  if (message === 'memory') {
    globalThis.gc?.();
    const now = process.memoryUsage.rss();
    process.send?.({ now, peak: Math.max(peak, now) });
    peak = now;
    return;
  }
  clearInterval(sampling);
  await origin.close(1000);
  await legacy.close();
  // Nothing else ends this process: it does when nothing is left to wait for.
  process.disconnect();
});
process.on('unhandledRejection', (reason) => console.error('unhandled rejection', reason));
process.send?.({ port: Number(new URL(origin.url).port) });
