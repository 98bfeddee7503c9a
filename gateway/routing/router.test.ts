/** A request's path is matched once, by Hono: the row, the routes and the parameters go on with the request. */

import { ask } from '@banyan/operations/testing/client.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEntrance } from '../edge/entrance.ts';
import { close, listen } from '../listen.ts';
import { makeTable } from '../test/support/table.ts';
import { createRouter, type Routed } from './router.ts';
import { createFindGet } from './row.ts';

const table = makeTable();
const found: Routed[] = [];
const router = createRouter(table, async (routed) => {
  found.push(routed);
  routed.outgoing.end();
});
const server = createEntrance({ fetch: router.fetch, mayUpgrade: () => false, upgrade: () => {} });
let port = 0;
beforeAll(async () => {
  port = Number(new URL(await listen(server, 0, '127.0.0.1')).port);
});
afterAll(() => close(server, 0));

async function route(method: string, target: string): Promise<Routed> {
  await ask(port, `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  return found.pop() ?? expect.fail('nothing was routed');
}

describe.each([
  ['GET', '/things', 'GET /things', {}],
  ['POST', '/things?x=/things/1', 'POST /things', {}],
  ['HEAD', '/things', 'GET /things', {}],
  ['OPTIONS', '/things', 'GET /things', {}],
  ['GET', '/things/7', 'GET /things/:id', { id: '7' }],
  ['DELETE', '/things/a%20b', 'DELETE /things/:id', { id: 'a b' }],
  ['GET', '/things/%C3%A9+%25', 'GET /things/:id', { id: 'é+%' }],
  ['HEAD', '/things/7/name', 'PUT /things/:id/name', { id: '7' }],
  ['PATCH', '/things/7/name', 'PUT /things/:id/name', { id: '7' }],
])('%s %s', (method, target, key, params) => {
  it(`is of the row ${key}, with ${JSON.stringify(params)}`, async () => {
    const { row, match } = await route(method, target);
    expect(row.key).toBe(key);
    expect(match?.params).toEqual(params);
    const path = key.slice(key.indexOf('/'));
    expect(match?.routes).toEqual(table.routes.filter((candidate) => candidate.path === path));
  });
});

it.each(['/', '/thing', '/things/', '/things//7', '/things%2F7', '/things/7/name/x', '*'])(
  '%s is no route’s, and matches nothing',
  async (target) => {
    const { row, match } = await route('GET', target);
    expect(row).toBe(table.anythingElse);
    expect(match).toBeUndefined();
  },
);

it.each(['/things', '/things/a%20b', '/things/7/name', '/other', '/things%2F7'])(
  'a request for another protocol finds the row of GET %s as the router does',
  async (path) => {
    const { row, match, target } = await route('GET', path);
    const asUpgrade = createFindGet(table)(target);
    expect(asUpgrade.row.key).toBe(row.key);
    expect(asUpgrade.match?.params).toEqual(match?.params);
    expect(asUpgrade.match?.routes).toEqual(match?.routes);
  },
);
