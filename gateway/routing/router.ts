/** From a request to its row of the route table: one Hono app, built from the table. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { type Bindings, enteredTarget, routedPath } from '../edge/entrance.ts';
import type { Found, Row } from './row.ts';

type Env = { Bindings: Bindings };

/** A request whose row is found. Its path is matched here alone. */
export interface Routed extends Found {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

/**
 * HEAD follows GET; every other method of a path (OPTIONS, what is answered with 405) follows the path's first route;
 * every other path is the last row.
 * @param serve writes the answer to `outgoing`, and never rejects
 */
export function createRouter(table: RouteTable, serve: (routed: Routed) => Promise<void>): Hono<Env> {
  // Hono reads the path from the URL and decodes it; ours is already the canonical one, in its raw spelling.
  const app = new Hono<Env>({
    getPath: (_request, options) => (options?.env ? routedPath(options.env.incoming) : '/'),
  });
  const to = (row: Row, routes?: readonly Route[]) => async (c: Context<Env>) => {
    const { incoming, outgoing } = c.env;
    const match = routes && { routes, params: c.req.param() };
    await serve({ incoming, outgoing, target: enteredTarget(incoming), row, match });
    return RESPONSE_ALREADY_SENT;
  };
  const byPath = Map.groupBy(table.routes, ({ path }) => path);
  for (const route of table.routes) app.on(route.method, route.path, to(route, byPath.get(route.path)));
  for (const [path, routes] of byPath) app.all(path, to(routes[0] as Route, routes));
  app.all('*', to(table.anythingElse));
  return app;
}
