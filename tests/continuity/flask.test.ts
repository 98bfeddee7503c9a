/** The whole of Banyan, with the real Flask app and the real new backend, and flips between writes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DiffState } from '@banyan/gateway/continuity/diff/diffs.ts';
import { onFailpoint } from '@banyan/gateway/continuity/failpoints.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { type Running, run } from '../../tools/launch/run.ts';
import { settingsApart } from '../../tools/launch/testing.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let banyan: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'continuity-flask-'));
  const flagFile = join(folder, 'flags.yaml');
  await writeFile(flagFile, 'routes: {}\n');
  const { settings, env } = settingsApart(root, folder, flagFile);
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
  // What is proven of the code at hand is not these tests' matter.
  await writeFile(join(folder, 'flags.yaml'), `evidence: warn\nroutes:\n${lines.join('')}`);
  const inForce = async () => {
    const response = await fetch(`${banyan.consoleUrl}/api/status`, {
      headers: { authorization: `Bearer ${banyan.newConsoleToken}` },
    });
    const { routes: statuses } = (await response.json()) as { routes: { route: string; mode: string }[] };
    return statuses.every(
      (status) => status.mode === (routes.some(({ key }) => key === status.route) ? mode : 'legacy'),
    );
  };
  await eventually('the flags are in force', inForce);
}

/** Looks again until it is so; documents take seconds. @param within milliseconds */
async function eventually(what: string, so: () => Promise<boolean>, within = 60_000): Promise<void> {
  const end = performance.now() + within;
  while (!(await so())) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`);
    await pause(100);
  }
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

async function upload(chat: string, file: string, name: string): Promise<string> {
  const form = new FormData();
  const bytes = await readFile(join(root, 'services/ingestion/corpus/documents', file));
  form.append('pdf', new Blob([bytes], { type: 'application/pdf' }), name);
  const response = await fetch(`${banyan.url}/api/chats/${chat}/upload-pdf`, { method: 'POST', body: form });
  expect(response.status).toBe(202);
  return ((await response.json()) as { job_id: string }).job_id;
}

const lag = async () => {
  const response = await fetch(`${banyan.consoleUrl}/api/journal`, {
    headers: { authorization: `Bearer ${banyan.newConsoleToken}` },
  });
  return (await response.json()) as {
    lag: { legacy: number; new: number };
    pinned: unknown[];
    waiting: { on: string }[];
  };
};

async function isEven(): Promise<boolean> {
  const { lag: owed, pinned } = await lag();
  expect(pinned).toEqual([]);
  return owed.legacy + owed.new === 0;
}

it('keeps both alike where a title makes legacy answer every later write with an error', async () => {
  await flip('new');
  const [first, second] = [await make(), await make()];
  await ask('PUT', `/api/chats/${first.id}/rename`, { title: 'half of a pair: \ud83d' });
  expect((await ask('POST', `/api/chats/${second.id}/messages`, { message: 'Is this kept?' })).status).toBe(
    200,
  );
  const third = await make();
  const before = await ask('GET', '/api/chats');
  await eventually('legacy has been given everything', isEven);
  await flip('legacy');
  expect((await ask('GET', '/api/chats')).text).toBe(before.text);
  expect((await ask('PUT', `/api/chats/${third.id}/rename`, { title: 'x' })).status).toBe(500);
  await ask('PUT', `/api/chats/${first.id}/rename`, { title: 'mended' });
  for (const { id } of [first, second, third])
    expect((await ask('DELETE', `/api/chats/${id}`)).status).toBe(200);
  await eventually('the new backend has been given everything', isEven);
}, 120_000);

const status = async (job: string) =>
  ((await ask('GET', `/api/upload-status/${job}`)).json as { status: string }).status;

it('shows a document, its times and its job alike across flips, whoever took it in first', async () => {
  await flip('new');
  const chat = await make();
  const onNew = await upload(chat.id, 'forms.pdf', 'on new.pdf');
  await flip('legacy');
  // Its end is asked of the backend that took it, whatever the flag says.
  await eventually('the document is taken in', async () => (await status(onNew)) === 'done');
  const shown = await ask('GET', '/api/pdfs');
  expect(shown.json).toMatchObject({ total_pdfs: 1, pdfs: [{ name: 'on new.pdf', chat_id: chat.id }] });
  await eventually('legacy has it too', async () => {
    const itself = await ask('GET', '/api/pdfs', undefined, banyan.legacyUrl);
    return (itself.json as { total_pdfs: number }).total_pdfs === 1;
  });
  const onLegacy = await upload(chat.id, 'ligatures.pdf', 'on legacy.pdf');
  await eventually('legacy shows it', async () => {
    const { json } = await ask('GET', `/api/chats/${chat.id}/pdfs`);
    return (json as { total_pdfs: number }).total_pdfs === 2;
  });
  const before = { chats: await ask('GET', '/api/chats'), pdfs: await ask('GET', '/api/pdfs') };
  await flip('new');
  await eventually('both have both', async () => (await ask('GET', '/api/pdfs')).text === before.pdfs.text);
  expect((await ask('GET', '/api/chats')).text).toBe(before.chats.text);
  expect(['queued', 'processing', 'done']).toContain(await status(onLegacy));
  await ask('DELETE', `/api/chats/${chat.id}/pdfs/on%20new.pdf`);
  const left = await ask('GET', '/api/pdfs');
  await flip('legacy');
  expect((await ask('GET', '/api/pdfs')).text).toBe(left.text);
  expect(left.json).toMatchObject({ total_pdfs: 1 });
}, 120_000);

it('shows a document with its time on new too, where another one of its chat was deleted on legacy just as new had it', async () => {
  await flip('legacy');
  const chat = await make();
  await upload(chat.id, 'forms.pdf', 'goes.pdf');
  await eventually('both have the first', isEven);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const undo = onFailpoint('ended', () => {
    end();
    return held;
  });
  try {
    await upload(chat.id, 'ligatures.pdf', 'stays.pdf');
    await ended;
    expect((await ask('DELETE', `/api/chats/${chat.id}/pdfs/goes.pdf`)).status).toBe(200);
  } finally {
    undo();
    release();
  }
  await eventually('both have everything', isEven);
  const onLegacy = await ask('GET', '/api/pdfs');
  await flip('new');
  expect((await ask('GET', '/api/pdfs')).text).toBe(onLegacy.text);
  expect((onLegacy.json as { pdfs: { name: string }[] }).pdfs.map(({ name }) => name)).toContain('stays.pdf');
}, 120_000);

it('has the second document of a name alone, where the first was deleted before legacy took it in, and rolled back', async () => {
  await flip('new');
  const chat = await make();
  await eventually('legacy has the chat', async () => (await lag()).lag.legacy === 0);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const undo = onFailpoint('replay', () => held);
  try {
    const first = await upload(chat.id, 'forms.pdf', 'same.pdf');
    await eventually('new has it', async () => (await status(first)) === 'done');
    expect((await ask('DELETE', `/api/chats/${chat.id}/pdfs/same.pdf`)).status).toBe(200);
    await flip('legacy');
    await upload(chat.id, 'ligatures.pdf', 'same.pdf');
  } finally {
    undo();
    release();
  }
  await eventually('both have everything', isEven);
  const listed = async () =>
    (await ask('GET', `/api/chats/${chat.id}/pdfs`)).json as { total_chunks: number };
  const onLegacy = await listed();
  await flip('new');
  expect(await listed()).toEqual(onLegacy);
  expect(onLegacy).toMatchObject({ total_pdfs: 1, pdfs: [{ name: 'same.pdf' }] });
  const itself = await ask('GET', '/api/pdfs', undefined, banyan.legacyUrl);
  expect(
    (itself.json as { pdfs: { name: string }[] }).pdfs.filter(({ name }) => name === 'same.pdf'),
  ).toHaveLength(1);
}, 120_000);

it.each(['new', 'legacy'] as const)(
  'has the whole history on both where a chat is deleted on %s while one of its messages is at the model',
  async (serving) => {
    await flip('legacy');
    // Made on legacy, so that legacy calls it by the same id.
    const chat = await make();
    const say = (message: string) => ask('POST', `/api/chats/${chat.id}/messages`, { message });
    const texts = async (base?: string) => {
      const { json } = await ask('GET', `/api/chats/${chat.id}`, undefined, base);
      return (json as { text: string }[]).map(({ text }) => text);
    };
    for (let n = 0; n < 6; n += 1) await say(`${n}`);
    await flip(serving);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    const undo = onFailpoint('asking', () => {
      isAsked();
      return held;
    });
    const said = say('during');
    try {
      await asked;
      expect((await ask('DELETE', `/api/chats/${chat.id}`)).status).toBe(200);
    } finally {
      undo();
      release();
    }
    expect((await said).json).toMatchObject({ message_count: 14 });
    await eventually('both have everything', isEven);
    const served = await texts();
    expect(served).toHaveLength(14);
    await flip(serving === 'new' ? 'legacy' : 'new');
    expect(await texts()).toEqual(served);
    expect(await texts(banyan.legacyUrl)).toEqual(served);
  },
  120_000,
);

const document = (file: string) => readFile(join(root, 'services/ingestion/corpus/documents', file));

/** @returns status and error of an upload */
async function tryUpload(chat: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const form = new FormData();
  form.append('pdf', new Blob([bytes], { type: 'application/pdf' }), name);
  const response = await fetch(`${banyan.url}/api/chats/${chat}/upload-pdf`, { method: 'POST', body: form });
  const { error = '' } = (await response.json()) as { error?: string };
  return `${response.status} ${error}`.trim();
}

it('waits for nothing that was deleted, and gives new what was made afterwards', async () => {
  await flip('legacy');
  await eventually('both have everything', isEven);
  const gone = await make();
  expect(await tryUpload(gone.id, 'gone.pdf', await document('forms.pdf'))).toBe('202');
  await ask('DELETE', `/api/chats/${gone.id}`);
  const chat = await make();
  await ask('POST', `/api/chats/${chat.id}/messages`, { message: 'Not held up' });
  const waitedFor: string[] = [];
  const isOver = async () => {
    const [{ on } = {}] = (await lag()).waiting;
    if (on !== undefined && on !== waitedFor.at(-1)) waitedFor.push(on);
    return isEven();
  };
  await eventually('both have everything', isOver, 150_000);
  // Legacy has read it before new is given it, and lists no document of a deleted chat afterwards.
  expect([[], ['legacy'], ['new'], ['legacy', 'new']]).toContainEqual(waitedFor);
}, 240_000);

it('gives legacy every upload that new has taken, though there were more at once than it takes', async () => {
  await flip('new');
  const [full, twice] = [await make(), await make()];
  const bytes = await document('ligatures.pdf');
  const names = ['1.pdf', '2.pdf', '3.pdf', '4.pdf', '5.pdf', '6.pdf'];
  const answers: string[] = [];
  for (const name of names) answers.push(await tryUpload(full.id, name, bytes));
  expect(answers).toEqual([...Array(5).fill('202'), '400 Maximum 5 PDFs per chat']);
  const same = await Promise.all([1, 2].map(() => tryUpload(twice.id, 'twice.pdf', bytes)));
  expect(same.sort()).toEqual(['202', "400 PDF 'twice.pdf' already uploaded"]);
  const shown = async (base?: string) => {
    const { pdfs } = (await ask('GET', '/api/pdfs', undefined, base)).json as { pdfs: { name: string }[] };
    return pdfs.map(({ name }) => name).filter((name) => /^(?:\d|twice|late)\.pdf$/.test(name));
  };
  const six = ['1.pdf', '2.pdf', '3.pdf', '4.pdf', '5.pdf', 'twice.pdf'];
  await eventually(
    'new has read them',
    async () => {
      const listed = await shown();
      return six.every((name) => listed.includes(name));
    },
    120_000,
  );

  // The upload that a deletion made room for is written down before the deletion.
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: deleted, resolve: isDeleted } = Promise.withResolvers<void>();
  const undo = onFailpoint('answered', () => {
    undo();
    isDeleted();
    return held;
  });
  const deletion = ask('DELETE', `/api/chats/${full.id}/pdfs/1.pdf`);
  await deleted;
  expect(await tryUpload(full.id, 'late.pdf', bytes)).toBe('202');
  release();
  expect((await deletion).status).toBe(200);

  await flip('legacy');
  await eventually('legacy has everything', isEven, 150_000);
  const left = await shown();
  expect(left.toSorted()).toEqual(['2.pdf', '3.pdf', '4.pdf', '5.pdf', 'late.pdf', 'twice.pdf']);
  expect(await shown(banyan.legacyUrl)).toEqual(left);
}, 400_000);

const post = async (path: string, body: unknown) => {
  const response = await fetch(`${banyan.consoleUrl}/api${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${banyan.newConsoleToken}`, 'content-type': 'application/json' },
  });
  expect(response.status).toBe(200);
  return response.json();
};

it('lists the documents of chats in the order in which legacy made the chats, though new was given the second chat first', async () => {
  await flip('legacy');
  await eventually('both have everything', isEven);
  const made: string[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  let first: string | undefined;
  const undo = onFailpoint('replay', (entry) => {
    first ??= entry;
    return entry === first ? held : undefined;
  });
  try {
    for (let i = 0; i < 2; i += 1) made.push((await make()).id);
    await eventually('new has the second one', async () => (await lag()).lag.new === 1);
  } finally {
    undo();
    release();
  }
  for (const id of made) await upload(id, 'forms.pdf', 'order.pdf');
  await eventually('both have everything', isEven);
  const onLegacy = await ask('GET', '/api/pdfs');
  await flip('new');
  expect((await ask('GET', '/api/pdfs')).text).toBe(onLegacy.text);
  const owners = (onLegacy.json as { pdfs: { chat_id: string }[] }).pdfs.map(({ chat_id }) => chat_id);
  expect(owners.slice(0, 2)).toEqual(made.toReversed());
}, 120_000);

it('ends with one history on both sides, and one title, where legacy is given a message late', async () => {
  await flip('legacy');
  const chat = await make();
  await ask('POST', `/api/chats/${chat.id}/messages`, { message: 'before' });
  await eventually('both have everything', isEven);
  await flip('new');
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const undo = onFailpoint('replay', () => held);
  try {
    await ask('POST', `/api/chats/${chat.id}/messages`, { message: 'left behind' });
    await ask('PUT', `/api/chats/${chat.id}/rename`, { title: 'left behind' });
    await post('/rollback', { now: true, who: 'test', why: 'test' });
    await ask('POST', `/api/chats/${chat.id}/messages`, { message: 'on legacy since' });
  } finally {
    undo();
    release();
  }
  await eventually('both are stuck', async () => (await lag()).pinned.length === 2);
  await post('/journal/retry', {});
  await eventually('both have everything', async () => {
    const { lag: owed, pinned } = await lag();
    return owed.legacy + owed.new + pinned.length === 0;
  });
  const shown = async () => [
    ((await ask('GET', `/api/chats/${chat.id}`)).json as { text: string }[]).map(({ text }) => text),
    (await ask('GET', '/api/chats')).text,
  ];
  const onLegacy = await shown();
  await flip('new');
  expect(await shown()).toEqual(onLegacy);
  const said = (onLegacy[0] as string[]).filter((_, i) => i % 2 === 0);
  expect(said).toEqual(['before', 'on legacy since', 'left behind']);
  expect(onLegacy[1]).toContain('"title": "left behind"');
  // The model sees one history too.
  const { json } = await ask('POST', `/api/chats/${chat.id}/messages`, { message: 'and now' });
  expect(json).toMatchObject({ message_count: 8 });
  await eventually('both have everything', isEven);
}, 120_000);

it('has raised no alarm in all this, nor for ids that a client has made up and legacy repeats', async () => {
  await flip('legacy');
  const chat = await make();
  for (const id of ['17', 'not-a-uuid', 'a%20b', chat.id.toUpperCase()]) {
    expect((await ask('GET', `/api/chats/${id}/docs`)).json).toHaveProperty('chat_id');
    await ask('POST', `/api/chats/${id}/messages`, { message: 'Who is there?' });
    await ask('PUT', `/api/chats/${id}/rename`, { title: 'Nobody' });
    await ask('GET', `/api/upload-status/${id}`);
  }
  await ask('GET', '/api/chats');
  await eventually('both have everything', isEven);
  const response = await fetch(`${banyan.consoleUrl}/api/alarms`, {
    headers: { authorization: `Bearer ${banyan.newConsoleToken}` },
  });
  expect(await response.json()).toEqual({ alarms: [] });
}, 120_000);

it('shows the same of every chat on both sides after all of this', async () => {
  const banyanDiff = async () => {
    const response = await fetch(`${banyan.consoleUrl}/api/diff`, {
      headers: { authorization: `Bearer ${banyan.newConsoleToken}` },
    });
    return (await response.json()) as DiffState;
  };
  await flip('new');
  const chat = await make();
  await ask('POST', `/api/chats/${chat.id}/messages`, { message: 'Is this compared?' });
  await eventually('both have everything', isEven);
  await post('/diff', { rate: 1000 });
  await eventually('the diff has ended', async () => (await banyanDiff()).running === null);
  const { last, obstacle } = await banyanDiff();
  expect(last?.different).toEqual([]);
  expect([last?.outcome, obstacle]).toEqual(['clean', null]);
  expect(last?.kinds).toContainEqual({
    kind: 'chat',
    entities: ((await ask('GET', '/api/chats')).json as unknown[]).length,
    isListed: true,
  });
}, 120_000);
