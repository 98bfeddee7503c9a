/** The route table of an application of notes, for tests: lists, entities, made ids, times, a model. */

import { defineRouteTable } from '@banyan/route-table/checks.ts';
import { plainDialect } from '@banyan/route-table/dialect.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import {
  ANYTHING_ELSE,
  type IdField,
  inDialect,
  type JsonPlace,
  type Key,
  type Place,
  type Route,
  type RouteTable,
  type TimeField,
} from '@banyan/route-table/route-table.ts';
import { createRoute } from '@hono/zod-openapi';

const path: Place = { in: 'path', name: 'note_id' };
const request = (at: JsonPlace): Place => ({ in: 'request', at });
const response = (at: JsonPlace): Place => ({ in: 'response', at });
const list: Key = { list: 'note' };
const note: Key = { one: 'note', named: path };
const idOf =
  (kind: string) =>
  (place: Place, role: IdField['role']): IdField => ({ kind, place, role, format: 'uuid4' });
const id = idOf('note');
const scanId = idOf('scan');
const scanPath: Place = { in: 'path', name: 'scan_id' };
const times = (element: '$' | '$[*]'): TimeField[] =>
  ['created_at', 'updated_at'].map((name) => ({
    place: response(`${element}.${name}`),
    role: 'stored' as const,
    format: 'local-microseconds-z' as const,
  }));
const openapi = createRoute({ method: 'get', path: '/', responses: {} });

/** @param longest milliseconds that a backend may work on anything */
export function notesTable(longest = 5000): RouteTable {
  const route = (columns: Partial<Route> & Pick<Route, 'method' | 'path' | 'access' | 'keys'>): Route => ({
    key: `${columns.method} ${columns.path}`,
    body: 'none',
    openapi,
    ids: [],
    times: [],
    longest,
    ...columns,
  });
  const table = defineRouteTable({
    routes: [
      route({
        method: 'GET',
        path: '/notes',
        access: 'read',
        keys: [list, { every: 'note' }],
        ids: [id(response('$[*].id'), 'used')],
        times: [
          ...times('$[*]'),
          {
            place: response('$[*].scans[*].time'),
            role: 'stored',
            format: 'local-microseconds-z',
          },
        ],
        counts: ['$[*].count'],
        order: { at: '$', by: 'updated_at', direction: 'descending' },
        elements: { at: '$', kind: 'note', owner: 'id' },
      }),
      route({
        method: 'POST',
        path: '/notes',
        access: 'write',
        body: 'ignored',
        keys: [list, { one: 'note', named: response('$.id') }],
        ids: [id(response('$.id'), 'made')],
        times: times('$'),
        probe: {
          shows: 'element-added',
          read: 'GET /notes',
          at: '$',
          id: 'id',
          fits: { title: response('$.title'), created_at: 'time-of-write' },
        },
      }),
      route({
        method: 'DELETE',
        path: '/notes/:note_id',
        access: 'write',
        keys: [list, note],
        ids: [id(path, 'used')],
        probe: { shows: 'element-gone', read: 'GET /notes', at: '$', where: { id: path } },
      }),
      route({
        method: 'PUT',
        path: '/notes/:note_id/title',
        access: 'write',
        body: 'json',
        keys: [note],
        ids: [id(path, 'used')],
        probe: {
          shows: 'field-set',
          read: 'GET /notes',
          at: '$',
          where: { id: path },
          field: 'title',
          to: request('$.title'),
        },
      }),
      route({
        method: 'GET',
        path: '/notes/:note_id/lines',
        access: 'read',
        keys: [note],
        ids: [id(path, 'used'), id(response('$.note'), 'used')],
      }),
      route({
        method: 'POST',
        path: '/notes/:note_id/lines',
        access: 'write',
        body: 'json',
        keys: [note],
        ids: [id(path, 'used')],
        probe: {
          shows: 'tail-added',
          read: 'GET /notes/:note_id/lines',
          at: '$.lines',
          grows: 2,
          tail: [{ text: request('$.text') }, { text: response('$.reply') }],
        },
        relay: { lastTurn: ['Answer: {message}'], message: request('$.text'), reply: response('$.reply') },
      }),
      route({
        method: 'POST',
        path: '/notes/:note_id/scans',
        access: 'write',
        body: 'json',
        keys: [note, { one: 'scan', named: response('$.scan_id') }],
        ids: [id(path, 'used'), scanId(response('$.scan_id'), 'made')],
        probe: {
          shows: 'element-added',
          read: 'GET /notes/:note_id/scans',
          at: '$.waiting',
          id: 'scan_id',
          fits: { name: request('$.name') },
          ended: { at: '$.done', fits: { name: request('$.name') } },
        },
      }),
      route({
        method: 'GET',
        path: '/notes/:note_id/scans',
        access: 'read',
        keys: [note],
        ids: [id(path, 'used'), scanId(response('$.waiting[*].scan_id'), 'used')],
      }),
      route({
        method: 'GET',
        path: '/scans/:scan_id',
        access: 'read',
        keys: [{ one: 'scan', named: scanPath }],
        ids: [
          scanId(scanPath, 'used'),
          scanId(response('$.scan_id'), 'used'),
          id(response('$.note'), 'used'),
        ],
        polling: { at: '$.state', until: ['done'], ended: '$.finished_at' },
      }),
    ],
    anythingElse: { key: ANYTHING_ELSE, access: 'read', longest },
  });
  const match = createMatch(table);
  return inDialect(table, {
    ...plainDialect,
    // As web frameworks do: a path is decoded before it is matched.
    spelled(method, target) {
      const [spelled = ''] = target.split('?');
      const found = match(decodeURIComponent(spelled));
      const route = found?.routes.find((candidate) => candidate.method === method);
      return route && found && { path: route.path, params: found.params };
    },
  });
}
