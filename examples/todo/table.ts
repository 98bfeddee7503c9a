/** What the gateway and the suite are told of the to-do list. */

import { defineRouteTable } from '@banyan/route-table/checks.ts';
import type { Place, Probe, Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { ANYTHING_ELSE } from '@banyan/route-table/route-table.ts';
import { createRoute, z } from '@hono/zod-openapi';

const shown = (at: `$${string}`): Place => ({ in: 'response', at });
const named: Place = { in: 'path', name: 'id' };
const format = { id: 'uuid4', time: 'local-microseconds-z' } as const;
const todo = (role: 'made' | 'used', place: Place) => ({ kind: 'todo', role, place, format: format.id });
const created = (at: `$${string}`) => ({ place: shown(at), role: 'stored' as const, format: format.time });
const listed = { read: 'GET /todos', at: '$' } as const;
const gone: Probe = { shows: 'element-gone', ...listed, where: { id: named } };

const body = (fields: z.ZodRawShape): z.ZodObject => z.object(fields);

function route(key: string, more: Partial<Route>, sent?: z.ZodObject): Route {
  const [method, path = ''] = key.split(' ') as [Route['method'], string];
  const openapi = createRoute({
    method: method.toLowerCase() as 'get',
    path: path.replace(/:(\w+)/, '{$1}'),
    request: { ...(sent && { body: { content: { 'application/json': { schema: sent } } } }) },
    responses: {},
  });
  const access = method === 'GET' ? 'read' : 'write';
  const none = { keys: [], ids: [], times: [] };
  return { ...none, key, method, path, openapi, access, body: 'none', longest: 5000, ...more };
}

export const todoTable: RouteTable = defineRouteTable({
  routes: [
    route('GET /todos', {
      keys: [{ list: 'todo' }, { every: 'todo' }],
      ids: [todo('used', shown('$[*].id'))],
      times: [created('$[*].created')],
      elements: { at: '$', kind: 'todo', owner: 'id' },
    }),
    route(
      'POST /todos',
      {
        body: 'json',
        keys: [{ list: 'todo' }, { one: 'todo', named: shown('$.id') }],
        ids: [todo('made', shown('$.id'))],
        times: [created('$.created')],
        probe: {
          shows: 'element-added',
          ...listed,
          id: 'id',
          fits: { title: { in: 'request', at: '$.title' }, created: 'time-of-write' },
        },
      },
      body({ title: z.string() }),
    ),
    route(
      'PATCH /todos/:id',
      {
        body: 'json',
        keys: [{ one: 'todo', named }],
        ids: [todo('used', named), todo('used', shown('$.id'))],
        times: [created('$.created')],
        probe: {
          shows: 'field-set',
          ...listed,
          where: { id: named },
          field: 'done',
          to: { in: 'request', at: '$.done' },
        },
      },
      body({ done: z.boolean() }),
    ),
    route('DELETE /todos/:id', {
      keys: [{ list: 'todo' }, { one: 'todo', named }],
      ids: [todo('used', named)],
      probe: gone,
    }),
    route('GET /todos.txt', { keys: [{ list: 'todo' }, { every: 'todo' }] }),
  ],
  anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: 5000 },
});
