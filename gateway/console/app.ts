/** What the console serves, and to whom. */
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import { BanyanError } from '../errors.ts';
import type { FlagStore } from '../flags/store.ts';
import { type ApiOptions, createApi } from './api.ts';
import type { Authentication } from './authentication.ts';
import { openApiDocument } from './openapi.ts';
import { loginPage, openFiles, pages } from './pages.ts';

export interface AppOptions {
  flagFile: string;
  store: FlagStore;
  table: RouteTable;
  /** The application's name, as people know it. */
  application: string;
  /** Where the gateway serves the public routes; named in the OpenAPI document. */
  publicUrl?: string | undefined;
  health: { ready(): boolean };
  /** In Prometheus' text format, at `/metrics` behind the token. */
  metrics?: { text(): Promise<string> } | undefined;
  /** Lets legacy serve at once what it has not been given, where there is a journal. */
  atOnce?: ApiOptions['atOnce'];
  /** What backends do that the route table does not describe, where there is a journal. */
  alarms?: ApiOptions['alarms'];
  /** Guards that would act and cannot. */
  blocked?: ApiOptions['blocked'];
  /** Further interfaces, mounted under `/api` behind the token. */
  extensions?: readonly Hono[];
  log: Pick<Logger, 'error'>;
}

export function createConsole(options: AppOptions, authentication: Authentication): Hono {
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
  app.use(authentication.host);
  app.use(
    bodyLimit({
      maxSize: 100_000,
      onError: () => {
        throw new BanyanError('console_request', { reason: 'the body is too large' });
      },
    }),
  );
  signIn(app, authentication);
  app.route('/', openFiles());
  app.use(authentication.token);
  app.route('/', pages());
  const { metrics } = options;
  if (metrics)
    app.get('/metrics', async (c) => {
      const text = await metrics.text();
      return c.body(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    });
  app.get('/openapi.json', (c) =>
    c.json(openApiDocument(options.application, options.table, options.publicUrl)),
  );
  const { application, flagFile, table, store, health, atOnce, alarms, blocked, log } = options;
  app.route(
    '/api',
    createApi({
      application,
      flagFile,
      table,
      store,
      atOnce,
      alarms,
      blocked,
      log,
      ready: () => health.ready(),
    }),
  );
  for (const extension of options.extensions ?? []) app.route('/api', extension);

  app.notFound((c) => failure(c, new BanyanError('console_nothing_here', { path: c.req.path })));
  app.onError(async (error, c) => {
    // Nobody hears the answer then, and nothing has failed here.
    if (c.req.raw.signal.aborted)
      return failure(c, new BanyanError('console_request', { reason: 'it broke off' }));
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
function signIn(app: Hono, authentication: Authentication): void {
  app.get('/', async (c, next) => {
    const token = c.req.query('token');
    if (token === undefined) return next();
    if (!authentication.isToken(token)) throw new BanyanError('console_token');
    authentication.startSession(c);
    return c.redirect('/', 303);
  });
  app.post('/login', async (c) => {
    if (!authentication.isSameOrigin(c)) throw new BanyanError('console_origin');
    const { token } = await c.req.parseBody();
    if (typeof token !== 'string' || !authentication.isToken(token.trim()))
      throw new BanyanError('console_token');
    authentication.startSession(c);
    return c.redirect('/', 303);
  });
}

const wantsPage = (c: Context) => c.req.header('accept')?.includes('text/html') ?? false;

function failure(c: Context, error: BanyanError): Response {
  if (error.status === 401) c.header('WWW-Authenticate', 'Bearer realm="banyan"');
  return c.json({ ...error.toBody(), do: error.advice }, error.status as 400);
}
