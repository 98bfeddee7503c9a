/** A small route table that knows no chatbot. */

import {
  ANYTHING_ELSE,
  type HttpMethod,
  type Route,
  type RouteTable,
} from '@banyan/route-table/route-table.ts';
import { createRoute } from '@hono/zod-openapi';

/** @param longest milliseconds until a backend is late; `elsewhere` for what is no route */
export function makeTable(longest = 10_000, elsewhere = longest): RouteTable {
  const route = (method: HttpMethod, path: string): Route => ({
    key: `${method} ${path}`,
    method,
    path,
    access: 'read',
    body: 'ignored',
    openapi: createRoute({ method: 'get', path: '/', responses: {} }),
    keys: [],
    ids: [],
    times: [],
    longest,
  });
  return {
    routes: [
      route('GET', '/things'),
      route('POST', '/things'),
      route('GET', '/things/:id'),
      route('DELETE', '/things/:id'),
      route('PUT', '/things/:id/name'),
    ],
    anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: elsewhere },
  };
}
