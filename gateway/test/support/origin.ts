/** A public origin on a free port, before a backend of the test's, with an application made for the test. */
import { Writable } from 'node:stream';
import { type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import { onTestFinished } from 'vitest';
import type { Application } from '../../application.ts';
import type { Backend } from '../../backends/backend.ts';
import { httpBackend } from '../../backends/http/http-backend.ts';
import { hpmBackend } from '../../backends/http-proxy-middleware/hpm-backend.ts';
import { inProcessBackend } from '../../backends/in-process/in-process-backend.ts';
import { tracedBackend } from '../../backends/traced.ts';
import type { Shadow } from '../../continuity/shadow/shadow.ts';
import type { FlagsInForce, Mode } from '../../flags/model.ts';
import { createLog, type Logger } from '../../log.ts';
import { openPublicOrigin, type PublicOriginOptions } from '../../public-origin.ts';
import type { Recorder } from '../../record/recorder.ts';
import { flushAccessLog } from '../../serve/access-log.ts';
import { flagsOf } from './flags.ts';
import { makeTable } from './table.ts';

export const forwarders = { http: httpBackend, 'http-proxy-middleware': hpmBackend };
export type ForwarderName = keyof typeof forwarders;
export const forwarderNames = Object.keys(forwarders) as ForwarderName[];

export interface OriginOptions {
  /** Where legacy is. */
  legacyUrl: string;
  forwarder?: ForwarderName;
  /** How long an unused connection to legacy is kept, in milliseconds. */
  idle?: number;
  table?: RouteTable;
  /** Milliseconds until legacy is late, where the test has no table of its own. */
  longest?: number;
  /** Routes that are not legacy. */
  modes?: Record<string, Mode>;
  flags?: { readonly current: FlagsInForce };
  newBackend?: Backend;
  application?: Partial<Omit<Application, 'table'>>;
  trustedProxies?: string[];
  recorder?: Recorder;
  continuity?: PublicOriginOptions['continuity'];
  shadow?: PublicOriginOptions['shadow'];
  onAnswer?: PublicOriginOptions['onAnswer'];
}

/** A line of the access log. */
export interface Line {
  msg: string;
  request?: string;
  method?: string;
  route?: string;
  backend?: string;
  status?: number;
  fault?: string;
  reason?: string;
  canonical?: boolean;
}

export interface Origin {
  url: string;
  shadow: Shadow;
  port: number;
  log: Line[];
  /** The next line of the log that fits, or one that is there already. */
  logged(fits: (line: Line) => boolean): Promise<Line>;
  close(grace?: number): Promise<void>;
}

/** What the new backend of these tests says, so that nobody takes it for legacy. */
export const newAnswer = 'answered by new\n';

/** Opens it, and closes it when the test is over. */
export async function openOrigin(options: OriginOptions): Promise<Origin> {
  const table = options.table ?? makeTable(options.longest);
  const { log, lines, logged } = listeningLog();
  const forwarder = forwarders[options.forwarder ?? 'http'];
  const { legacyUrl: url, idle } = options;
  const legacy = tracedBackend(forwarder({ name: 'legacy', url, ...(idle !== undefined && { idle }) }), url);
  const application = applicationOf(table, options);
  const origin = await openPublicOrigin({
    host: '127.0.0.1',
    port: 0,
    application,
    legacy,
    legacyUrl: options.legacyUrl,
    flags: options.flags ?? { current: flagsOf(table, options.modes ?? {}) },
    trustedProxies: options.trustedProxies ?? [],
    ...(options.recorder && { recorder: options.recorder }),
    continuity: options.continuity,
    onAnswer: options.onAnswer,
    ...(options.shadow && { shadow: options.shadow }),
    log,
  });
  let closed: Promise<void> | undefined;
  const close = async (grace: number) => {
    await origin.close(grace);
    await legacy.close();
    await application.newBackend.close();
  };
  const closeOnce = (grace = 0) => {
    closed ??= close(grace);
    return closed;
  };
  onTestFinished(() => closeOnce());
  return {
    url: origin.url,
    shadow: origin.shadow,
    port: Number(new URL(origin.url).port),
    get log() {
      // They are written a moment after the answer.
      flushAccessLog();
      return lines;
    },
    logged,
    close: closeOnce,
  };
}

function applicationOf(table: RouteTable, options: OriginOptions): Application {
  return {
    name: 'test',
    implemented: new Set(routeKeys(table)),
    newBackend: options.newBackend ?? inProcessBackend('new', async () => plainAnswer()),
    prepare: async () => {},
    withheld: () => undefined,
    errorHeaders: () => [],
    ...options.application,
    table,
  };
}

const plainAnswer = () => ({
  status: 200,
  reason: 'OK',
  rawHeaders: ['Content-Type', 'text/plain', 'Content-Length', String(newAnswer.length)],
  body: Buffer.from(newAnswer),
});

function listeningLog(): { log: Logger; lines: Line[]; logged: Origin['logged'] } {
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const text of chunk.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(text) as Line);
      for (const look of waiting) look();
      done();
    },
  });
  const logged = (fits: (line: Line) => boolean) =>
    new Promise<Line>((resolve) => {
      const look = () => {
        const line = lines.find(fits);
        if (!line) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      look();
    });
  return { log: createLog('info', destination), lines, logged };
}
