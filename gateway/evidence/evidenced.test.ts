/** Evidence of any application: a small shop with a table, code and recordings of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import { ANYTHING_ELSE } from '@banyan/route-table/route-table.ts';
import { createRoute } from '@hono/zod-openapi';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { anyApplication } from '../alone/any-application.ts';
import { openFlags } from '../flags/live-store.ts';

import { silentLog } from '../log.ts';
import { type Evidenced, fingerprintsOf, withEvidenceOf } from './evidenced.ts';

const key = 'GET /price';
const table = defineRouteTable({
  routes: [
    {
      key,
      method: 'GET',
      path: '/price',
      openapi: createRoute({ method: 'get', path: '/price', responses: {} }),
      access: 'read',
      body: 'none',
      longest: 5000,
      keys: [],
      ids: [],
      times: [],
    },
  ],
  anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: 5000 },
});
const shop = { ...anyApplication('shop'), table, implemented: new Set([key]) };
const evidenced: Evidenced = {
  file: 'proof/evidence.json',
  code: ['shop'],
  counts: (path) => !path.endsWith('.test.ts'),
  recordings: ['proof/recordings'],
  command: 'make proof',
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shop-'));
  for (const folder of ['shop', 'proof/recordings']) mkdirSync(join(root, folder), { recursive: true });
  write('shop/price.ts', 'export const price = 1;');
  write('proof/recordings/one.har', '{}');
  write('flags.yaml', 'routes: {}\nevidence: enforce\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string) => writeFileSync(join(root, path), text);

function prove(state: 'green' | 'divergent'): void {
  const route = { state, recordings: ['one'], exchanges: 3, accepted: {} };
  write(evidenced.file, JSON.stringify({ ...fingerprintsOf(evidenced, root), routes: { [key]: route } }));
}

/** A start of the gateway's flags with the code that is there now, and a flip. */
async function flip(): Promise<string> {
  const { evidence, implemented } = withEvidenceOf(shop, evidenced, { root });
  const lacking = evidence && ((route: string) => evidence.lacking(route));
  const file = join(root, 'flags.yaml');
  const store = await openFlags({
    file,
    dataFolder: join(root, 'data'),
    table,
    implemented,
    lacking,
    watch: false,
    log: silentLog,
  });
  try {
    await store.change({ target: key, mode: 'new', who: 'ada', why: 'test' });
    await store.rollback({ who: 'ada', why: 'again' });
    return 'flipped';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await store.close();
  }
}

it('a flip is refused before there is evidence, and goes through with it, unforced', async () => {
  expect(await flip()).toContain('There is no evidence yet. Run `make proof`');
  prove('divergent');
  expect(await flip()).toContain('diverges from legacy');
  prove('green');
  expect(await flip()).toBe('flipped');
});

it('evidence of other code or other recordings is none; a test that changed is no other code', async () => {
  prove('green');
  write('shop/price.test.ts', 'a test');
  expect(await flip()).toBe('flipped');
  write('shop/price.ts', 'export const price = 2;');
  expect(await flip()).toContain('The evidence is of other code');
  prove('green');
  write('proof/recordings/two.har', '{}');
  expect(await flip()).toContain('The evidence is of other recordings');
});
