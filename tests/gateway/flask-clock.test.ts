/** A create in doubt on the real legacy app, in another zone than the gateway's. */
import { httpBackend } from '@banyan/gateway/backends/http/http-backend.ts';
import { IdRegistry } from '@banyan/gateway/continuity/names/id-registry.ts';
import { TimeMemory } from '@banyan/gateway/continuity/names/time-memory.ts';
import type { Doubt } from '@banyan/gateway/continuity/probe/findings.ts';
import { lookAfter, lookBefore } from '@banyan/gateway/continuity/probe/probe.ts';
import { Sides } from '@banyan/gateway/continuity/sides/sides.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { type Flask, startFlask } from './support/flask.ts';

let legacy: Flask;
beforeAll(async () => {
  legacy = await startFlask({ env: { TZ: 'Asia/Kathmandu' } });
}, 120_000);
afterAll(() => legacy?.stop());

const open = () => {
  const names = { ids: new IdRegistry(), times: { legacy: new TimeMemory([]), new: new TimeMemory([]) } };
  const backend = httpBackend({ name: 'legacy', url: legacy.url });
  const backends = { legacy: backend, new: backend };
  return new Sides({ table: routeTable, backends, names, bodies: undefined as never });
};
const create = async () =>
  (await (await fetch(`${legacy.url}/api/chats`, { method: 'POST' })).json()) as { id: string };

function doubtOf(sides: Sides, over: Partial<Doubt> = {}): Doubt {
  return {
    route: sides.routeOf('POST /api/chats'),
    known: { params: {} },
    expected: undefined,
    sentAt: Date.now(),
    isTaken: (kind, id) => sides.names.ids.knows(kind, id),
    isOverlapped: false,
    ...over,
  };
}

it('is found, and nothing else is, by the time that legacy tells when it is asked', async () => {
  await create();
  // As of a gateway that has just come up: it has seen no list before the create.
  const sides = open();
  const old = doubtOf(sides, { sentAt: Date.now() - 60_000, until: Date.now() - 30_000 });
  expect(await lookAfter(sides, 'legacy', old)).toMatchObject({ seen: 'unknown', candidates: [] });
  const { least, most, from } = sides.clock.between(Date.now(), Date.now());
  expect(from).toBe('times');
  expect([least, most].map((offset) => Math.round(offset / 60_000))).toEqual([345, 345]);
});

it("is found among chats of the same minute once legacy's list was seen before it", async () => {
  const sides = open();
  await lookBefore(sides, 'legacy', sides.routeOf('POST /api/chats'), { params: {} });
  // The gateway's own clock is cut to the millisecond in which the list was seen.
  const doubt = doubtOf(sides, { sentAt: Date.now() + 1 });
  expect((await lookAfter(sides, 'legacy', doubt)).seen).toBe('not done');
  const { id } = await create();
  expect(await lookAfter(sides, 'legacy', doubt)).toMatchObject({ seen: 'done', id });
});
