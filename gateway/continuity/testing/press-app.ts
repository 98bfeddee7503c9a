/** An application of three levels: authors have articles, and articles have comments. A row of one level needs its parent. */
import { randomUUID } from 'node:crypto';
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import { ANYTHING_ELSE, type IdField, type Place, type Route } from '@banyan/route-table/route-table.ts';
import { createRoute } from '@hono/zod-openapi';
import type { OperationHint } from '../../backends/backend.ts';

const levels = ['author', 'article', 'comment'] as const;
type Level = (typeof levels)[number];

interface Row {
  id: string;
  name: string;
  parent?: string;
}

const openapi = createRoute({ method: 'get', path: '/', responses: {} });
const path: Place = { in: 'path', name: 'id' };
const parent: Place = { in: 'request', at: '$.parent' };
const id = (kind: string, place: Place, role: IdField['role']): IdField => ({
  kind,
  place,
  role,
  format: 'uuid4',
});

function routesOf(level: Level, above: Level | undefined): Route[] {
  const route = (columns: Pick<Route, 'method' | 'path' | 'access' | 'keys'> & Partial<Route>): Route => ({
    key: `${columns.method} ${columns.path}`,
    body: columns.access === 'read' ? 'none' : 'json',
    openapi,
    ids: [],
    times: [],
    longest: 5000,
    ...columns,
  });
  const made: Place = { in: 'response', at: '$.id' };
  const list = `GET /${level}s`;
  return [
    route({
      method: 'GET',
      path: `/${level}s`,
      access: 'read',
      keys: [{ every: level }],
      ids: [id(level, { in: 'response', at: '$[*].id' }, 'used')],
      elements: { at: '$', kind: level, owner: 'id' },
    }),
    route({
      method: 'GET',
      path: `/${level}s/:id`,
      access: 'read',
      keys: [{ one: level, named: path }],
      ids: [id(level, path, 'used'), id(level, { in: 'response', at: '$.id' }, 'used')],
    }),
    route({
      method: 'POST',
      path: `/${level}s`,
      access: 'write',
      keys: [...(above ? [{ one: above, named: parent }] : []), { one: level, named: made }],
      ids: [...(above ? [id(above, parent, 'used')] : []), id(level, made, 'made')],
      probe: {
        shows: 'element-added',
        read: list,
        at: '$',
        id: 'id',
        fits: { name: { in: 'request', at: '$.name' } },
      },
    }),
    route({
      method: 'PUT',
      path: `/${level}s/:id`,
      access: 'write',
      keys: [{ one: level, named: path }],
      ids: [id(level, path, 'used')],
      probe: {
        shows: 'field-set',
        read: list,
        at: '$',
        where: { id: path },
        field: 'name',
        to: { in: 'request', at: '$.name' },
      },
    }),
  ];
}

export const pressTable = defineRouteTable({
  routes: levels.flatMap((level, i) => routesOf(level, levels[i - 1])),
  anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: 5000 },
});

export interface PressApp {
  rows: Record<Level, Row[]>;
  /** Titles and texts of writes, in the order in which they came. */
  written: string[];
  /** Writes of these names are refused. */
  refused: Set<string>;
  handle(
    method: string,
    target: string,
    body: string,
    hint?: OperationHint,
  ): { status: number; json: unknown };
}

export function pressApp(): PressApp {
  const app: PressApp = {
    rows: { author: [], article: [], comment: [] },
    written: [],
    refused: new Set(),
    handle(method, target, body, hint) {
      const [, plural = '', rowId] = target.split('/');
      const level = plural.slice(0, -1) as Level;
      const row = app.rows[level].find((each) => each.id === rowId);
      const none = { status: 404, json: { error: 'not found' } };
      if (method === 'GET' && !rowId) return { status: 200, json: app.rows[level] };
      if (method === 'GET') return row ? { status: 200, json: row } : none;
      const { name, parent: above } = JSON.parse(body) as { name: string; parent?: string };
      app.written.push(name);
      if (app.refused.has(name)) return none;
      if (method === 'PUT') {
        if (!row) return none;
        row.name = name;
        return { status: 200, json: { message: 'renamed' } };
      }
      const [higher] = levels.slice(0, levels.indexOf(level)).slice(-1);
      if (higher && !app.rows[higher].some((each) => each.id === above)) return none;
      const { id: told } = (hint?.answer ?? {}) as { id?: string };
      const made = { id: told ?? randomUUID(), name, ...(above !== undefined && { parent: above }) };
      app.rows[level].push(made);
      return { status: 201, json: { id: made.id } };
    },
  };
  return app;
}
