/** Guards: what rolls a route back by itself, how soon, and what does not. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { createRoute } from '@hono/zod-openapi';
import { expect, it, onTestFinished } from 'vitest';
import { inProcessBackend } from '../backends/in-process/in-process-backend.ts';
import { BanyanError } from '../errors.ts';
import { type Logger, silentLog } from '../log.ts';
import { startBackend } from '../test/support/backend.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { flagFolder, until } from '../test/support/flag-folder.ts';
import { openOrigin } from '../test/support/origin.ts';
import { makeTable } from '../test/support/table.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import { type Answered, Guard, type GuardOptions } from './guard.ts';

const HEALTH = 'GET /api/health';
const CHATS = 'GET /api/chats';
const RENAME = 'PUT /api/chats/:chat_id/rename';
const CHAT = '/api/chats/0f8c1a52-6f0e-4c36-9d0b-2a5f1c9e7d11';

interface Setting {
  forbids?: GuardOptions['forbids'];
  /** What the flag file says beside the routes. */
  guards?: string;
  routes?: string;
  table?: RouteTable;
}

async function guarded({
  guards = '',
  routes = `${HEALTH}: new # first`,
  table = chatTable,
  forbids,
}: Setting = {}) {
  const legacy = await startBackend((_request, response) => void response.end('legacy'));
  const at = flagFolder(`routes:\n  ${routes}\n${guards}`);
  const flags = await at.open({ table });
  const told: string[] = [];
  const log = { ...silentLog, warn: () => {}, error: (_: unknown, text: string) => void told.push(text) };
  const guard = new Guard({ flags, table, log: log as unknown as Logger, retryAfter: 20, forbids });
  onTestFinished(async () => {
    await guard.close();
    await flags.close();
  });
  const fresh = { status: 200, wait: 0, answers: 0, isBroken: false };
  const origin = await openOrigin({
    legacyUrl: legacy.url,
    table,
    flags,
    newBackend: inProcessBackend('new', async (request) => {
      for await (const _chunk of request.body ?? []);
      fresh.answers += 1;
      if (fresh.isBroken) throw new BanyanError('backend_failed', { backend: 'new' });
      await pause(fresh.wait);
      return {
        status: fresh.status,
        reason: '',
        rawHeaders: ['Content-Length', '3'],
        body: Buffer.from('new'),
      };
    }),
    onAnswer: (answered) => guard.answered(answered),
  });
  const ask = async (path = '/api/health', init: RequestInit = {}) => {
    const response = await fetch(`${origin.url}${path}`, init);
    await response.arrayBuffer();
    return response.status;
  };
  const modeOf = (route = HEALTH) => flags.current.routes.get(route)?.mode;
  return { at, flags, guard, fresh, ask, modeOf, told };
}

it('rolls a route back within 10 s of the first bad answer at 10 requests a second, and says why', async () => {
  const { at, guard, fresh, ask, modeOf } = await guarded();
  for (let i = 0; i < 100; i += 1) await ask();
  expect(modeOf()).toBe('new');
  fresh.status = 503;
  const began = performance.now();
  while (modeOf() === 'new') {
    await Promise.all([ask(), pause(100)]);
    if (performance.now() - began > 10_000) break;
  }
  await guard.idle();
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(at.read()).toBe(`routes:\n  ${HEALTH}: legacy # first\n`);
  expect(at.audit().at(-1)).toMatchObject({
    route: HEALTH,
    from: 'new',
    to: 'legacy',
    who: 'guard',
    how: 'guard',
    why: expect.stringMatching(/^\d of 10\d answers bad in 60 s \(\d × 503\), more than 2%$/),
  });
  expect(await ask()).toBe(200);
});

it('counts an answer that is late as 504, and one that breaks off as 502', async () => {
  const THINGS = 'GET /things';
  const { at, flags, guard, fresh, ask, modeOf } = await guarded({
    table: makeTable(100),
    routes: `${THINGS}: new`,
    guards: 'guards: { sample: 5 }\n',
  });
  fresh.wait = 1000;
  for (let i = 0; i < 5; i += 1) expect(await ask('/things')).toBe(504);
  await guard.idle();
  expect([modeOf(THINGS), at.audit().at(-1)?.why]).toEqual(['legacy', expect.stringContaining('(5 × 504)')]);
  await flags.change({ target: THINGS, mode: 'new', who: 'ada', why: 'test' });
  fresh.isBroken = true;
  for (let i = 0; i < 5; i += 1) expect(await ask('/things')).toBe(502);
  await guard.idle();
  expect([modeOf(THINGS), at.audit().at(-1)?.why]).toEqual(['legacy', expect.stringContaining('(5 × 502)')]);
});

it('waits for the least sample', async () => {
  const { guard, fresh, ask, modeOf } = await guarded({ guards: 'guards: { sample: 15 }\n' });
  fresh.status = 500;
  for (let i = 0; i < 14; i += 1) await ask();
  await guard.idle();
  expect(modeOf()).toBe('new');
  await ask();
  await guard.idle();
  expect(modeOf()).toBe('legacy');
});

it('rolls back once, leaves alone what is legacy, and begins anew where a person flips it again', async () => {
  const { at, flags, guard, fresh, ask, modeOf } = await guarded({ guards: 'guards: { sample: 5 }\n' });
  fresh.status = 502;
  // More bad answers come in while it is being rolled back.
  await Promise.all(Array.from({ length: 40 }, () => ask()));
  await guard.idle();
  for (let i = 0; i < 20; i += 1) await ask();
  expect(at.audit().filter(({ how }) => how === 'guard')).toHaveLength(1);
  await flags.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'mended' });
  fresh.status = 200;
  for (let i = 0; i < 10; i += 1) await ask();
  await guard.idle();
  expect(modeOf()).toBe('new');
  expect(at.audit().filter(({ how }) => how === 'guard')).toHaveLength(1);
  fresh.status = 500;
  for (let i = 0; i < 10; i += 1) await ask();
  await guard.idle();
  expect([modeOf(), at.audit().filter(({ how }) => how === 'guard').length]).toEqual(['legacy', 2]);
});

it('rolls back what takes far longer than it took on legacy', async () => {
  const { at, flags, guard, fresh, ask, modeOf } = await guarded({ routes: `${HEALTH}: legacy` });
  for (let i = 0; i < 30; i += 1) await ask();
  await flags.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'test' });
  fresh.wait = 400;
  await Promise.all(Array.from({ length: 30 }, () => ask()));
  // It is looked at once a second while nothing is bad.
  await pause(1000);
  await ask();
  await guard.idle();
  expect(modeOf()).toBe('legacy');
  expect(at.audit().at(-1)?.why).toMatch(/^95 of 100 answers within \d+ ms in 60 s, more than 250 ms$/);
});

it('takes no error for bad that legacy’s contract has for that very request', async () => {
  const { guard, fresh, ask, modeOf } = await guarded({
    guards: 'guards: { sample: 5 }\n',
    routes: `${RENAME}: new`,
  });
  fresh.status = 500;
  const rename = (path: string) => ask(`${path}/rename`, { method: 'PUT', body: '{"title": 1}' });
  for (let i = 0; i < 20; i += 1) expect(await rename(CHAT)).toBe(500);
  await guard.idle();
  expect(modeOf(RENAME)).toBe('new');
});

it.each([
  ['rolls a read back', 'a UUID', '0f8c1a52-6f0e-4c36-9d0b-2a5f1c9e7d11', 'legacy'],
  ['leaves a read alone', 'no UUID', 'x'.repeat(300), 'new'],
])('%s whose documented errors come where its id is %s', async (_, _id, id, mode) => {
  const key = 'GET /things/:id';
  const table = makeTable();
  const routes = table.routes.map((route): Route => {
    if (route.key !== key) return route;
    const openapi = createRoute({ method: 'get', path: '/', responses: { 500: { description: 'Failed' } } });
    const place = { in: 'path', name: 'id' } as const;
    return {
      ...route,
      body: 'none',
      openapi,
      ids: [{ kind: 'thing', role: 'used', format: 'uuid4', place }],
    };
  });
  const { guard, fresh, ask, modeOf } = await guarded({
    guards: 'guards: { sample: 5 }\n',
    routes: `${key}: new`,
    table: { ...table, routes },
  });
  fresh.status = 500;
  for (let i = 0; i < 10; i += 1) await ask(`/things/${id}`);
  await guard.idle();
  expect(modeOf(key)).toBe(mode);
});

it('puts the last good flag file back where somebody has broken it meanwhile', async () => {
  const { at, flags, guard, fresh, ask, modeOf } = await guarded({ guards: 'guards: { sample: 5 }\n' });
  at.write('routes: [\n');
  fresh.status = 500;
  for (let i = 0; i < 10; i += 1) await ask();
  await guard.idle();
  expect([modeOf(), flags.faults]).toEqual(['legacy', []]);
  expect(at.read()).toContain(`${HEALTH}: legacy`);
});

it('does nothing where guards are off', async () => {
  const { guard, fresh, ask, modeOf } = await guarded({ guards: 'guards: off\n' });
  fresh.status = 500;
  for (let i = 0; i < 60; i += 1) await ask();
  await guard.idle();
  expect(modeOf()).toBe('new');
});

it('rolls back at the first divergence of a write that new serves, and bears as many as it is told to', async () => {
  const { at, guard, modeOf } = await guarded({ routes: `${RENAME}: canary:50%` });
  guard.diverged(HEALTH);
  guard.diverged(RENAME);
  await guard.idle();
  expect(modeOf(RENAME)).toBe('legacy');
  expect(at.audit().at(-1)).toMatchObject({
    route: RENAME,
    from: 'canary:50%',
    why: '1 divergence from legacy in 60 s, more than 0',
  });
  const bearing = await guarded({ guards: 'guards: { divergences: 2 }\n', routes: `${RENAME}: new` });
  for (const mode of ['new', 'new', 'legacy']) {
    bearing.guard.diverged(RENAME);
    await bearing.guard.idle();
    expect(bearing.modeOf(RENAME)).toBe(mode);
  }
});

it('acts where the flag file cannot be written', async () => {
  const { at, flags, guard, fresh, ask, modeOf } = await guarded({ guards: 'guards: { sample: 5 }\n' });
  makeUnwritable(at.file);
  fresh.status = 500;
  for (let i = 0; i < 10; i += 1) await ask();
  await guard.idle();
  expect([modeOf(), at.read().includes('new'), guard.blocked()]).toEqual(['legacy', true, []]);
  expect(flags.unwritten?.edits).toEqual([
    { line: 2, was: `  ${HEALTH}: new # first`, becomes: `  ${HEALTH}: legacy # first` },
  ]);
});

it('says once that a completed route has no way back, for as long as it would act', async () => {
  const { flags, guard, fresh, ask, modeOf, told } = await guarded({
    guards: 'guards: { sample: 5 }\n',
    routes: `${HEALTH}: complete`,
  });
  fresh.status = 500;
  for (let i = 0; i < 20; i += 1) await ask();
  await guard.idle();
  expect(modeOf()).toBe('complete');
  expect(guard.blocked()).toMatchObject([
    { route: HEALTH, breach: '20 of 20 answers bad in 60 s (20 × 500), more than 2%' },
  ]);
  expect(told).toEqual([expect.stringContaining('complete')]);
  await flags.change({ target: HEALTH, mode: 'new', who: 'ada', why: 'a read has a way back' });
  expect(guard.blocked()).toEqual([]);
});

it('says that a route has to stay which has data in common with a completed one', async () => {
  const { flags, guard, modeOf } = await guarded({
    guards: 'guards: { sample: 5 }\n',
    routes: chatTable.routes.map(({ key }) => `${key}: new`).join('\n  '),
  });
  await flags.change({ target: RENAME, mode: 'complete', who: 'ada', why: 'done', yes: true });
  for (let i = 0; i < 5; i += 1) guard.answered(bad({ key: CHATS, fault: 'backend_failed' }));
  await guard.idle();
  const [left] = flags.plan({ target: CHATS, mode: 'legacy' }).left;
  expect(guard.blocked()[0]?.reason).toContain(left?.reason ?? 'nothing is left');
  expect(modeOf(CHATS)).toBe('new');
});

it('says once why it cannot act, tries again, and acts once it can', async () => {
  let reason: string | undefined = 'Legacy has forgotten two chats.';
  const { flags, guard, fresh, ask, modeOf, told } = await guarded({
    guards: 'guards: { sample: 5 }\n',
    forbids: () => reason,
  });
  fresh.status = 500;
  for (let i = 0; i < 10; i += 1) await ask();
  await pause(100);
  expect([modeOf(), guard.blocked()[0]?.reason, told.length]).toEqual(['new', reason, 1]);
  expect(told[0]).toContain(reason);
  reason = undefined;
  await until(flags, () => modeOf() === 'legacy');
  await guard.idle();
  expect(guard.blocked()).toEqual([]);
});

it('says where legacy is flagged and the new backend still answers badly', async () => {
  const { guard, modeOf } = await guarded({ guards: 'guards: { sample: 5 }\n', routes: `${RENAME}: legacy` });
  for (let i = 0; i < 5; i += 1) guard.answered(bad({ key: RENAME, fault: 'backend_failed' }));
  await guard.idle();
  expect([modeOf(RENAME), guard.blocked()[0]?.reason]).toEqual([
    'legacy',
    expect.stringContaining('banyan journal'),
  ]);
});

it('does not judge a side that lacks something, nor the time that a request waits for the other side', async () => {
  const { guard, modeOf } = await guarded({ guards: 'guards: { sample: 5, latency: 300ms }\n' });
  for (let i = 0; i < 10; i += 1) guard.answered(bad({ lacksSome: true }));
  for (let i = 0; i < 10; i += 1) guard.answered(bad({ status: 200, milliseconds: 2100, held: 2000 }));
  await pause(1000);
  guard.answered(bad({ status: 200, milliseconds: 2100, held: 2000 }));
  await guard.idle();
  expect([modeOf(), guard.blocked()]).toEqual(['new', []]);
  for (let i = 0; i < 10; i += 1) guard.answered(bad({}));
  await guard.idle();
  expect(modeOf()).toBe('legacy');
});

const bad = (given: Partial<Answered>): Answered => ({
  key: HEALTH,
  backend: 'new',
  status: 500,
  milliseconds: 1,
  asked: () => ({ params: {}, request: undefined, rawHeaders: [], isBodyKnown: false }),
  ...given,
});
