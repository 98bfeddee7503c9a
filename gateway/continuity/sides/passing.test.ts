/** Which answers to reads are rewritten while they come. */
import { Readable } from 'node:stream';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { expect, it } from 'vitest';
import { chatTable } from '../../test/support/chat-table.ts';
import { IdRegistry } from '../names/id-registry.ts';
import type { Names } from '../names/names.ts';
import { TimeMemory } from '../names/time-memory.ts';
import { keyOf } from '../protocol/keys.ts';
import { Sides } from './sides.ts';

const unused = undefined as never;
const key = keyOf('chat', 'public');
const other = keyOf('chat', 'other');
const seconds = { key, field: 'uploaded_at', value: '10:00:00', publicValue: '09:00:00' };
const shorter = { ...seconds, publicValue: '09:00' };

function start() {
  const names: Names = { ids: new IdRegistry(), times: { legacy: new TimeMemory(), new: new TimeMemory() } };
  const sides = new Sides({ table: chatTable, backends: unused, names, bodies: unused });
  const pass = (route: RouteKey, text: string, type = 'application/json') =>
    sides.passing(
      {
        status: 200,
        reason: 'OK',
        body: Readable.from([Buffer.from(text)]),
        rawHeaders: ['content-TYPE', type, 'Content-Length', String(text.length)],
      },
      { side: 'legacy', route: sides.routeOf(route), method: 'GET', signal: new AbortController().signal },
    );
  return { names, pass };
}

const list: RouteKey = 'GET /api/chats';
const files: RouteKey = 'GET /api/pdfs';

it('streams while every id keeps its length', async () => {
  const { names, pass } = start();
  names.ids.add({ kind: 'chat', publicId: 'public', legacyId: 'hidden' });
  names.ids.add({ kind: 'job', publicId: 'public', legacyId: 'as long as it likes' });
  for (const type of ['application/json', 'Application/JSON; charset=utf-8'])
    expect((await pass(list, '[]', type)).body).toBeInstanceOf(Readable);
  names.ids.add({ kind: 'chat', publicId: 'longer', legacyId: 'short' });
  const { body, rawHeaders } = await pass(list, '[{"id": "short"}]');
  expect(body).toEqual(Buffer.from('[{"id": "longer"}]'));
  expect(rawHeaders[3]).toBe('18');
});

it('streams while every time keeps its length, and again once the one that did not has gone', async () => {
  const { names, pass } = start();
  const { legacy } = names.times;
  const isStreamed = async () => (await pass(files, '{}')).body instanceof Readable;
  legacy.replace(key, [seconds]);
  expect(await isStreamed()).toBe(true);
  legacy.replace(key, [shorter, seconds]);
  expect(await isStreamed()).toBe(false);
  legacy.replace(other, [{ ...shorter, key: other }]);
  legacy.replace(key, [seconds]);
  expect(await isStreamed()).toBe(false);
  legacy.replace(other, []);
  expect(await isStreamed()).toBe(true);
});

it('reads a list whole that may have to be sorted again', async () => {
  const { names, pass } = start();
  names.times.legacy.replace(key, [seconds]);
  expect((await pass(list, '[]')).body).toEqual(Buffer.from('[]'));
});

it('reads whole what is not said to be JSON', async () => {
  const { names, pass } = start();
  names.ids.add({ kind: 'chat', publicId: 'public', legacyId: 'hidden' });
  for (const type of ['text/html', 'application/json-seq'])
    expect((await pass(list, '[]', type)).body).toEqual(Buffer.from('[]'));
});
