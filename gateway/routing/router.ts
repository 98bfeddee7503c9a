/** From a request to its row of the route table: one Hono app, built from the table. */

import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { type Bindings, enteredTarget, routedPath } from '../edge/entrance.ts';
import type { Row } from '../serve/exchange.ts';
import type { Serve } from '../serve/serve.ts';

type Env = { Bindings: Bindings };

/**
 * HEAD follows GET; every other method of a path (OPTIONS, what is answered with 405) follows the path's first route;
 * every other path is the last row.
 */
export function createRouter(table: RouteTable, serve: Serve): Hono<Env> {
  // Hono reads the path from the URL and decodes it; ours is already the canonical one, in its raw spelling.
  const app = new Hono<Env>({
    getPath: (_request, options) => (options?.env ? routedPath(options.env.incoming) : '/'),
  });
  const start = requestIds();
  const to = (row: Row) => async (c: Context<Env>) => {
    const { incoming, outgoing } = c.env;
    await serve(
      { id: start(), incoming, outgoing, target: enteredTarget(incoming), startedAt: performance.now() },
      row,
    );
    return RESPONSE_ALREADY_SENT;
  };
  for (const route of table.routes) app.on(route.method, route.path, to(route));
  const firstOf = new Map<string, Row>();
  for (const route of table.routes) if (!firstOf.has(route.path)) firstOf.set(route.path, route);
  for (const [path, row] of firstOf) app.all(path, to(row));
  app.all('*', to(table.anythingElse));
  return app;
}

/** Short ids, unique among the processes of a day. */
function requestIds(): () => string {
  const process = Date.now().toString(36).slice(-6);
  let count = 0;
  return () => `${process}-${(++count).toString(36)}`;
}
