import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import { ANYTHING_ELSE, type Route, routeKeys } from '@banyan/route-table/route-table.ts';
import { describe, expect, it } from 'vitest';
import { routeTable } from './routes.ts';

const root = join(import.meta.dirname, '..');

describe('the route table', () => {
  it('has the routes of the legacy app, no more and no fewer', async () => {
    const source = await readFile(join(root, 'legacy/app.py'), 'utf8');
    const decorators = [
      ...source.matchAll(/@app\.route\("([^"]+)", methods=\["(\w+)"\]\)|@app\.route\("([^"]+)"\)/g),
    ];
    const legacy = decorators.map(([, path, method, bare]) => {
      const pattern = (path ?? bare ?? '').replace(/<(\w+)>/g, ':$1');
      return `${method ?? 'GET'} ${pattern.replace(':pdf_name', ':name')}`;
    });
    expect(legacy).toHaveLength(13);
    expect(routeKeys(routeTable)).toEqual(expect.arrayContaining([...legacy, ANYTHING_ELSE]));
    expect(routeKeys(routeTable)).toHaveLength(legacy.length + 1);
  });

  it("ties a model call to its message by the legacy app's own prompts", async () => {
    const source = await readFile(join(root, 'legacy/app.py'), 'utf8');
    const templates = routeTable.routes.find((route) => route.relay)?.relay?.lastTurn ?? [];
    expect(templates).toHaveLength(2);
    for (const template of templates) expect(source).toContain(`${template}"`);
  });

  it('says for every write how to find out whether it was done', () => {
    const writes = routeTable.routes.filter((route) => route.access === 'write');
    expect(writes.map((route) => route.key)).toHaveLength(6);
    for (const write of writes) expect(write.probe, write.key).toBeDefined();
  });

  it('describes every parameter of every path in OpenAPI', () => {
    for (const route of routeTable.routes) {
      const described = Object.keys(
        (route.openapi.request?.params as { shape?: object } | undefined)?.shape ?? {},
      );
      expect(described, route.key).toEqual([...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name));
      expect(route.openapi.path).toBe(route.path.replace(/:(\w+)/g, '{$1}'));
      expect(route.openapi.method).toBe(route.method.toLowerCase());
    }
  });
});

describe('defineRouteTable', () => {
  const route = routeTable.routes[0] as Route;
  const anythingElse = routeTable.anythingElse;
  const faultsOf =
    (...routes: Route[]) =>
    () =>
      defineRouteTable({ routes, anythingElse });

  it('refuses a key that is named twice', () => {
    expect(faultsOf(route, route)).toThrow('GET /api/health: named twice');
  });

  it('refuses a key that does not say its method and path', () => {
    expect(faultsOf({ ...route, key: 'GET /health' })).toThrow('the key must be "GET /api/health"');
  });

  it('refuses a write without a probe, and a probe that reads what is no route', () => {
    expect(faultsOf({ ...route, access: 'write' })).toThrow('a write needs a probe');
    const probe = { shows: 'element-gone', read: 'GET /nowhere', at: '$', where: {} } as const;
    expect(faultsOf({ ...route, probe })).toThrow('the probe reads "GET /nowhere", which is not a route');
  });

  it('refuses a parameter that the path does not have, and lists every fault at once', () => {
    const wrong: Route = { ...route, key: 'x', keys: [{ one: 'chat', named: { in: 'path', name: 'chat' } }] };
    expect(faultsOf(wrong)).toThrow(/the key must be[\s\S]*the path has no parameter "chat"/);
  });
});

describe('createMatch', () => {
  const match = createMatch(routeTable);

  it('finds a path with its parameters decoded', () => {
    const found = match('/api/chats/a%20b/pdfs/r%C3%A9sum%C3%A9.pdf');
    expect(found?.routes.map((route) => route.key)).toEqual(['DELETE /api/chats/:chat_id/pdfs/:name']);
    expect(found?.params).toEqual({ chat_id: 'a b', name: 'résumé.pdf' });
  });

  it('gives every method of a path', () => {
    expect(match('/api/chats')?.routes.map((route) => route.method)).toEqual(['GET', 'POST']);
  });

  it.each(['/api/healthy', '/api/health/', '/api/chats/', '/api', '/API/health', '/api/chats/a/b'])(
    'does not take %s for a longer or shorter neighbour',
    (path) => {
      expect(match(path)).toBeUndefined();
    },
  );
});
