/** The whole of Banyan, with the real Flask app and the real new backend, and flips between writes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { type Running, run } from '../../launch/run.ts';
import { readSettings } from '../settings.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let banyan: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'continuity-flask-'));
  const flagFile = join(folder, 'flags.yaml');
  await writeFile(flagFile, 'routes: {}\n');
  const ports = ['PORT', 'CONSOLE_PORT', 'RELAY_PORT', 'LEGACY_PORT'].map((name) => [name, '0']);
  const env = {
    ...{ PATH: process.env.PATH, HOST: '127.0.0.1', CONTINUITY: 'on', LOG_LEVEL: 'warn' },
    ...{ BANYAN_DATA: join(folder, 'data'), BANYAN_FLAGS: flagFile },
    BANYAN_SETUP: readSettings(process.env, root).setupFolder,
    ...Object.fromEntries(ports),
  };
  const settings = readSettings(env, root);
  const report = () => undefined;
  banyan = await run({ settings, root, env, report, signal: new AbortController().signal });
}, 120_000);
afterAll(async () => {
  await banyan?.close();
  await rm(folder, { recursive: true, force: true });
});

/** All routes, or those that fit; in force when it resolves. */
async function flip(mode: 'legacy' | 'new', which = /./): Promise<void> {
  const routes = routeTable.routes.filter(({ key }) => which.test(key));
  const lines = routes.map(({ key }) => `  ${key}: ${mode}\n`);
  await writeFile(join(folder, 'flags.yaml'), `routes:\n${lines.join('')}`);
  await pause(400);
}

interface Answer {
  status: number;
  text: string;
  json: never;
}

async function ask(method: string, target: string, body?: unknown, base = banyan.url): Promise<Answer> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${base}${target}`, { method, ...init });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) as never };
}

const make = async () => (await ask('POST', '/api/chats')).json as { id: string; title: string };

it('keeps every chat, title and message, and shows them alike, across flips both ways', async () => {
  const first = await make();
  await ask('POST', `/api/chats/${first.id}/messages`, { message: 'On legacy' });
  await flip('new');
  const second = await make();
  expect(second.title).toBe('New Chat 2');
  const said = await ask('POST', `/api/chats/${first.id}/messages`, {
    message: ' On new, in the same chat ',
  });
  expect(said.json).toMatchObject({ message_count: 4 });
  await ask('PUT', `/api/chats/${second.id}/rename`, { title: 'Renamed \u00e9 \ud83d\ude00' });
  const third = await make();
  await ask('DELETE', `/api/chats/${third.id}`);
  const onNew = await ask('GET', '/api/chats');
  await flip('legacy');
  const onLegacy = await ask('GET', '/api/chats');
  expect(onLegacy.text).toBe(onNew.text);
  // What legacy says by itself has other ids.
  const itself = await ask('GET', '/api/chats', undefined, banyan.legacyUrl);
  expect((itself.json as { id: string }[]).map(({ id }) => id)).not.toContain(second.id);
  expect(itself.json).toHaveLength(2);
  expect((await ask('GET', `/api/chats/${first.id}`)).json).toMatchObject([
    { text: 'On legacy' },
    {},
    { text: 'On new, in the same chat' },
    {},
  ]);
  await ask('POST', `/api/chats/${second.id}/messages`, { message: 'On legacy again' });
  const before = await ask('GET', '/api/chats');
  await flip('new');
  expect((await ask('GET', '/api/chats')).text).toBe(before.text);
  expect((await ask('GET', `/api/chats/${second.id}`)).json).toMatchObject([{ text: 'On legacy again' }, {}]);
}, 120_000);

it('serves a phase of reads from new while legacy takes the writes', async () => {
  await flip('new', /^GET /);
  const chat = await make();
  await ask('PUT', `/api/chats/${chat.id}/rename`, { title: 'Seen at once' });
  expect((await ask('GET', '/api/chats')).json).toMatchObject([
    { id: chat.id, title: 'Seen at once' },
    {},
    {},
  ]);
  await ask('DELETE', `/api/chats/${chat.id}`);
  expect((await ask('GET', '/api/chats')).json).toHaveLength(2);
});
