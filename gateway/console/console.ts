/**
 * The operator's console: status, flips and documentation, on a port of its own. The public origin shows nothing that
 * legacy does not, so everything that Banyan says of itself is here.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import type { RouteTable } from '../../contract/route-table.ts';
import { BanyanError } from '../errors.ts';
import type { FlagStore } from '../flags/store.ts';
import { createApi } from './api.ts';
import { createGuard, type Guard } from './guard.ts';
import { openApiDocument } from './openapi.ts';
import { loginPage, openFiles, pages } from './pages.ts';
import { takeToken } from './token.ts';

export interface ConsoleOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Made and kept in the data folder where it is left out. */
  token?: string | undefined;
  dataFolder: string;
  flagFile: string;
  store: FlagStore;
  table: RouteTable;
  /** The application's name, as people know it. */
  application: string;
  /** Where the gateway serves the public routes; named in the OpenAPI document. */
  publicUrl?: string | undefined;
  health: { ready(): boolean };
  /** Further interfaces, mounted under `/api` behind the token. */
  extensions?: readonly Hono[];
  log: Pick<Logger, 'error'>;
}

export interface RunningConsole {
  /** As it can be reached from this machine. */
  url: string;
  token: string;
  /** It was made just now: the only time to show it to a person. */
  tokenIsNew: boolean;
  close(): Promise<void>;
}

/** @throws BanyanError `port_taken` */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { token, isNew } = await takeToken(options.dataFolder, options.token);
  const app = createConsole(options, createGuard(token, options.host));
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new BanyanError(
              'port_taken',
              { what: 'the console', holder: '', port: options.port, variable: 'CONSOLE_PORT' },
              error,
            )
          : error,
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  const url = `http://${reachable(options.host)}:${(server.address() as AddressInfo).port}`;
  const note = consoleNote(options.dataFolder);
  await mkdir(options.dataFolder, { recursive: true });
  await writeFile(note, `${JSON.stringify({ url, pid: process.pid })}\n`);
  return {
    url,
    token,
    tokenIsNew: isNew,
    close: async () => {
      await rm(note, { force: true });
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}

/** Where a running gateway notes its console's address, for commands with the same data folder. */
export const consoleNote = (dataFolder: string) => join(dataFolder, 'console.json');

/** An address that means "all" is not one to go to. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function createConsole(options: ConsoleOptions, guard: Guard): Hono {
  const app = new Hono();
  app.get('/livez', (c) => c.text('live\n'));
  app.get('/readyz', (c) => (options.health.ready() ? c.text('ready\n') : c.text('not ready\n', 503)));

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      strictTransportSecurity: false,
      // Without a referrer a browser says `Origin: null` of the console's own forms.
      referrerPolicy: 'same-origin',
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  app.use(guard.host);
  app.use(
    bodyLimit({
      maxSize: 100_000,
      onError: () => {
        throw new BanyanError('console_request', { reason: 'the body is too large' });
      },
    }),
  );
  signIn(app, guard);
  app.route('/', openFiles());
  app.use(guard.token);
  app.route('/', pages());
  app.get('/openapi.json', (c) =>
    c.json(openApiDocument(options.application, options.table, options.publicUrl)),
  );
  const { application, flagFile, table, store, health } = options;
  app.route('/api', createApi({ application, flagFile, table, store, ready: () => health.ready() }));
  for (const extension of options.extensions ?? []) app.route('/api', extension);

  app.notFound((c) => failure(c, new BanyanError('console_nothing_here', { path: c.req.path })));
  app.onError(async (error, c) => {
    if (!(error instanceof BanyanError)) {
      options.log.error({ err: error }, 'the console failed');
      return failure(c, new BanyanError('gateway_fault'));
    }
    if (error.code === 'console_token' && wantsPage(c))
      return c.html(await loginPage(c.req.path === '/login' || c.req.query('token') !== undefined), 401);
    return failure(c, error);
  });
  return app;
}

/** `/?token=…` and the form of the sign-in page start a session, and take the token out of the address. */
function signIn(app: Hono, guard: Guard): void {
  app.get('/', async (c, next) => {
    const token = c.req.query('token');
    if (token === undefined) return next();
    if (!guard.isToken(token)) throw new BanyanError('console_token');
    guard.startSession(c);
    return c.redirect('/', 303);
  });
  app.post('/login', async (c) => {
    if (!guard.isSameOrigin(c)) throw new BanyanError('console_origin');
    const { token } = await c.req.parseBody();
    if (typeof token !== 'string' || !guard.isToken(token.trim())) throw new BanyanError('console_token');
    guard.startSession(c);
    return c.redirect('/', 303);
  });
}

const wantsPage = (c: Context) => c.req.header('accept')?.includes('text/html') ?? false;

function failure(c: Context, error: BanyanError): Response {
  if (error.status === 401) c.header('WWW-Authenticate', 'Bearer realm="banyan"');
  return c.json({ ...error.toBody(), do: error.advice }, error.status as 400);
}
