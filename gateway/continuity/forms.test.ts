/** Answers in another form than plain JSON: compressed, in part, in another encoding, broken. No client sees legacy's own ids in them. */
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import * as zlib from 'node:zlib';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, it } from 'vitest';
import { onPGlite } from './testing/both.ts';
import type { Asked, Sent } from './testing/notes-app.ts';
import { type Rig, startRig } from './testing/rig.ts';

type Form = (sent: Sent & { body: Buffer }) => Partial<Sent>;

const bytes = (text: string, encoding: 'utf16le' | 'utf8' = 'utf8') => Buffer.from(text, encoding);
const json = ['Content-Type', 'application/json'];
const withBody = (body: Buffer, ...headers: string[]): Partial<Sent> => ({
  body,
  rawHeaders: [...json, 'Content-Length', String(body.byteLength), ...headers],
});
const coded =
  (coding: string, ...encoders: ((body: Buffer) => Buffer)[]): Form =>
  ({ body }) =>
    withBody(
      encoders.reduce((coded, encode) => encode(coded), body),
      'Content-Encoding',
      coding,
    );
const utf32 = (text: string, mark: number[]) => {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const body = Buffer.alloc(4 * points.length);
  for (const [i, point] of points.entries()) body.writeUInt32LE(point, 4 * i);
  return Buffer.concat([Buffer.from(mark), body]);
};

const readableForms: Record<string, Form> = {
  gzip: coded('gzip', zlib.gzipSync),
  'GZIP, with blanks': coded('  GZIP ', zlib.gzipSync),
  'x-gzip': coded('x-gzip', zlib.gzipSync),
  br: coded('br', zlib.brotliCompressSync),
  deflate: coded('deflate', zlib.deflateSync),
  'deflate without its frame': coded('deflate', zlib.deflateRawSync),
  zstd: coded('zstd', zlib.zstdCompressSync),
  'gzip in br': coded('gzip, br', zlib.gzipSync, zlib.brotliCompressSync),
  'gzip that says identity too': coded('identity, gzip', zlib.gzipSync),
  'a coding that is said and not there': coded('gzip'),
  'a transfer coding': ({ body }) => ({
    body: zlib.gzipSync(body),
    rawHeaders: [...json, 'Transfer-Encoding', 'gzip, chunked'],
  }),
  'a byte order mark': ({ body }) => withBody(Buffer.concat([bytes('\ufeff'), body])),
  'UTF-16 with a mark': ({ body }) => withBody(bytes(`\ufeff${body}`, 'utf16le')),
  'UTF-16 without one': ({ body }) => withBody(bytes(String(body), 'utf16le')),
  'UTF-16, big-endian': ({ body }) => withBody(bytes(`\ufeff${body}`, 'utf16le').swap16()),
  'UTF-32': ({ body }) => withBody(utf32(String(body), [0xff, 0xfe, 0, 0])),
  'a charset': ({ body }) => ({
    body,
    rawHeaders: ['Content-Type', 'application/json; charset=ISO-8859-1', 'Content-Length', `${body.length}`],
  }),
  'no type': ({ body }) => ({ body, rawHeaders: ['Content-Length', `${body.length}`] }),
};

/** Python's JSON has numbers that JavaScript's has not. */
const withNaN: Form = ({ body }) => withBody(bytes(String(body).replace('"count": 2', '"count": NaN')));

const unreadableForms: Record<string, Form> = {
  'broken gzip': ({ body }) => withBody(zlib.gzipSync(body).subarray(0, 60), 'Content-Encoding', 'gzip'),
  'a coding that nobody knows': coded('compress', zlib.gzipSync),
  'a part that nobody asked for': ({ body }) => ({
    status: 206,
    ...withBody(body.subarray(0, 91), 'Content-Range', `bytes 0-90/${body.length}`),
  }),
  'several parts': ({ body }) => ({
    status: 206,
    body: Buffer.concat([bytes('--x\r\n\r\n'), body, bytes('\r\n--x--')]),
    rawHeaders: ['Content-Type', 'multipart/byteranges; boundary=x'],
  }),
  'a document a line': ({ body }) =>
    withBody(bytes(`${JSON.stringify(JSON.parse(String(body)))}\n`.repeat(2))),
  'half a document': ({ body }) => withBody(body.subarray(0, body.length - 8)),
  'a charset that cannot be read': ({ body }) => ({
    body,
    rawHeaders: ['Content-Type', 'application/json; charset=utf-7'],
  }),
  'server-sent events': ({ body }) => ({
    body: bytes(`data: ${JSON.stringify(JSON.parse(String(body)))}\n\n`),
    rawHeaders: ['Content-Type', 'text/event-stream'],
  }),
  'a page': ({ body }) => ({
    body: bytes(`<p>${body}`),
    rawHeaders: ['Content-Type', 'text/html'],
  }),
};

/** A note that legacy calls otherwise than clients do, while legacy serves all routes. */
async function renamedNote(rig: Rig) {
  rig.flip('new');
  const note = await rig.make();
  await rig.even();
  rig.flip('legacy');
  const legacyId = rig.legacy.notes[0]?.id ?? expect.fail('legacy has no note');
  expect(legacyId).not.toBe(note);
  return { note, legacyId };
}

const answersIn =
  (form: Form, fits: (asked: Asked) => boolean = () => true) =>
  (asked: Asked, sent: Sent) =>
    fits(asked) ? form(sent as Sent & { body: Buffer }) : undefined;

/** As it goes over the wire. */
function raw(url: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const asking = httpRequest(url, { method, headers }, (answer) => {
        buffer(answer).then(
          (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
          reject,
        );
      });
      asking.once('error', reject).end();
    },
  );
}

onPGlite((database) => {
  describe('reads', () => {
    it('are asked for whole and without content coding where their answers are rewritten', async () => {
      const rig = await startRig(database.db);
      const { note } = await renamedNote(rig);
      for (const target of ['/notes', `/notes/${note}/lines`]) {
        const range = { Range: 'bytes=0-90', 'If-Range': '"x"', 'Accept-Encoding': 'gzip, br;q=0.5' };
        const answer = await raw(rig.url + target, range);
        expect(answer.status).toBe(200);
        expect(String(answer.body)).toContain(note);
        const { headers = {} } = rig.legacy.requests.at(-1) ?? {};
        expect(headers['accept-encoding']).toBe('identity');
        expect(headers).not.toHaveProperty('range');
        expect(headers).not.toHaveProperty('if-range');
      }
    });

    it('that have nothing to rewrite pass as they were asked for', async () => {
      const rig = await startRig(database.db);
      await renamedNote(rig);
      const part = zlib.gzipSync('a file').subarray(0, 9);
      rig.legacy.sends = () => ({
        status: 206,
        body: part,
        rawHeaders: ['Content-Encoding', 'gzip', 'Content-Range', 'bytes 0-8/26', 'Content-MD5', 'abc'],
      });
      const asked = { Range: 'bytes=0-8', 'If-Range': '"x"', 'Accept-Encoding': 'gzip' };
      const answer = await raw(`${rig.url}/files/one.bin`, asked);
      expect(answer).toMatchObject({ status: 206, body: part });
      expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-md5': 'abc' });
      expect(rig.legacy.requests.at(-1)?.headers).toMatchObject({
        range: 'bytes=0-8',
        'if-range': '"x"',
        'accept-encoding': 'gzip',
      });
    });

    it('show public ids in whatever form legacy answers', async () => {
      const rig = await startRig(database.db);
      const { note, legacyId } = await renamedNote(rig);
      for (const [name, form] of Object.entries(readableForms)) {
        rig.legacy.sends = answersIn(form);
        for (const target of ['/notes', `/notes/${note}/lines`]) {
          const { status, headers, body } = await raw(rig.url + target, {});
          const text = String(body);
          expect(status, `${name}: ${text}`).toBe(200);
          expect(text, name).toContain(note);
          expect(text, name).not.toContain(legacyId);
          expect(JSON.parse(text.replace('\ufeff', '')), name).toBeTruthy();
          const length = headers['content-length'] ?? String(body.length);
          expect(length, name).toBe(String(body.length));
        }
      }
    });

    it('are refused where legacy’s answer cannot be read', async () => {
      const rig = await startRig(database.db);
      const { note, legacyId } = await renamedNote(rig);
      for (const [name, form] of Object.entries(unreadableForms)) {
        rig.legacy.sends = answersIn(form);
        for (const target of ['/notes', `/notes/${note}/lines`]) {
          const { status, body } = await raw(rig.url + target, {});
          expect(status, name).toBe(502);
          expect(String(body), name).toMatch(/"code":"answer_(?:unreadable|broken_off)"/);
          expect(String(body), name).not.toContain(legacyId);
        }
      }
    });

    it('show public ids where headers point to routes', async () => {
      const rig = await startRig(database.db);
      const { note, legacyId } = await renamedNote(rig);
      const links = ['Location', `/notes/${legacyId}/lines`, 'Link', `</notes/${legacyId}/lines>; rel=self`];
      rig.legacy.sends = (_, { rawHeaders }) => ({ rawHeaders: [...rawHeaders, ...links] });
      for (const target of ['/notes', `/notes/${note}/lines`, '/latest']) {
        const { headers } = await raw(rig.url + target, {});
        expect(headers).toMatchObject({
          location: `/notes/${note}/lines`,
          link: `</notes/${note}/lines>; rel=self`,
        });
      }
      const said = await fetch(`${rig.url}/notes/${note}/title`, { method: 'PUT', body: '{"title": "x"}' });
      expect(said.headers.get('location')).toBe(`/notes/${note}/lines`);
      expect(JSON.stringify((await rig.entries('PUT /notes/:note_id/title'))[0])).not.toContain(legacyId);
    });

    it('show public ids also where a route touches no state', async () => {
      const list = 'GET /notes';
      const newest = { key: 'GET /newest', path: '/newest', keys: [], times: [] };
      const rig = await startRig(database.db, {
        table: ({ routes, anythingElse }) => ({
          anythingElse,
          routes: [
            ...routes,
            ...routes
              .filter(({ key }) => key === list)
              .map(({ order, elements, ...route }) => ({ ...route, ...newest })),
          ],
        }),
      });
      const { note, legacyId } = await renamedNote(rig);
      const body = bytes(JSON.stringify([{ id: legacyId }]));
      rig.legacy.sends = ({ target }) =>
        target === '/newest' ? { status: 200, ...withBody(body) } : undefined;
      expect(await rig.ask('GET', '/newest')).toMatchObject({ status: 200, json: [{ id: note }] });
    });

    it('that fail show legacy’s page', async () => {
      const rig = await startRig(database.db);
      const { note } = await renamedNote(rig);
      const page = { status: 500, body: bytes('<h1>Oh</h1>'), rawHeaders: ['Content-Type', 'text/html'] };
      rig.legacy.sends = () => page;
      for (const target of ['/notes', `/notes/${note}/lines`])
        expect(await rig.ask('GET', target)).toMatchObject({ status: 500, text: '<h1>Oh</h1>' });
    });

    it('lose the digests of a body that is not the backend’s any more', async () => {
      const rig = await startRig(database.db);
      const { note } = await renamedNote(rig);
      const digests = ['Content-MD5', 'x', 'Digest', 'x', 'Repr-Digest', 'x', 'Content-Digest', 'x'];
      rig.legacy.sends = (_, { rawHeaders }) => ({ rawHeaders: [...rawHeaders, ...digests, 'ETag', '"1"'] });
      for (const target of ['/notes', `/notes/${note}/lines`]) {
        const { headers } = await rig.ask('GET', target);
        expect(headers.get('etag')).toBe('"1"');
        for (const name of ['content-md5', 'digest', 'repr-digest', 'content-digest'])
          expect(headers.has(name), name).toBe(false);
      }
    });

    it('of heads only do not say the length of another form', async () => {
      const rig = await startRig(database.db);
      const { note } = await renamedNote(rig);
      rig.legacy.sends = answersIn(coded('gzip', zlib.gzipSync));
      const { status, headers } = await raw(`${rig.url}/notes/${note}/lines`, {}, 'HEAD');
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers).not.toHaveProperty('content-length');
    });

    it('of lists that neither side has whole are read in any form', async () => {
      const rig = await startRig(database.db);
      const { legacyId } = await renamedNote(rig);
      const [first, second] = [await rig.make(), await rig.make()];
      await rig.even();
      rig.legacy.sends = answersIn(coded('gzip', zlib.gzipSync));
      rig.new.sends = answersIn(coded('br', zlib.brotliCompressSync));
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const isReplayOf = (note: string) => async (asked: Asked) =>
        void (asked.method === 'PUT' && asked.target.includes(note) && (await released));
      rig.legacy.before = isReplayOf(first);
      rig.new.before = isReplayOf(second);
      rig.flip('new', 'PUT /notes/:note_id/title');
      await rig.ask('PUT', `/notes/${first}/title`, { title: 'On new' });
      rig.flip('legacy', 'PUT /notes/:note_id/title');
      await rig.ask('PUT', `/notes/${second}/title`, { title: 'On legacy' });
      const { text } = await rig.ask('GET', '/notes');
      expect(text).toContain('On new');
      expect(text).toContain('On legacy');
      expect(text).not.toContain(legacyId);
      release();
      await rig.even();
    });
  });

  describe('writes', () => {
    const lines = 'POST /notes/:note_id/lines';
    const isMessage = ({ method, target }: Asked) => method === 'POST' && target.endsWith('/lines');

    it('are replayed with the reply of an answer in any form', async () => {
      const rig = await startRig(database.db);
      for (const name of ['gzip', 'a byte order mark', 'UTF-16 with a mark', 'not a number']) {
        const note = await rig.make();
        const form = readableForms[name] ?? withNaN;
        rig.legacy.sends = answersIn(form, isMessage);
        const { status, text } = await rig.ask('POST', `/notes/${note}/lines`, { text: name });
        expect(status, text).toBe(200);
        await rig.even();
        expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
        expect(rig.paid.at(-1)).toBe(`Answer: ${name}`);
      }
      expect(rig.paid).toHaveLength(4);
      expect((await rig.entries(lines)).map(({ verdict }) => verdict).slice(1)).toEqual(
        // A byte order mark is a difference that clients see.
        ['matched', 'divergent', 'matched'],
      );
    });

    it('are stuck, and not replayed, where legacy’s answer cannot be read', async () => {
      const rig = await startRig(database.db);
      for (const name of ['broken gzip', 'a coding that nobody knows', 'half a document', 'a page']) {
        const note = await rig.make();
        await eventually('new has the note', () => rig.new.notes.some(({ id }) => id === note));
        rig.legacy.sends = answersIn(unreadableForms[name] as Form, isMessage);
        await rig.ask('POST', `/notes/${note}/lines`, { text: name });
        await eventually('it is stuck', async () => (await rig.entries(lines))[0]?.pinned === true);
        expect((await rig.entries(lines))[0]?.fault).toMatch(/what legacy answered cannot be read/);
      }
      expect(rig.new.requests.some(isMessage)).toBe(false);
    });

    it('are not acknowledged where nobody can tell what they have made', async () => {
      const rig = await startRig(database.db);
      rig.legacy.sends = answersIn(unreadableForms['broken gzip'] as Form, ({ method }) => method === 'POST');
      const { status, json: said } = await rig.ask('POST', '/notes');
      expect(status).toBe(502);
      expect(said).toMatchObject({ code: 'answer_unreadable', backend: 'legacy' });
      await eventually('it is stuck', async () => (await rig.entries('POST /notes'))[0]?.pinned === true);
      expect(rig.new.notes).toEqual([]);
    });

    it('are stuck where the answer to their replay cannot be read', async () => {
      const rig = await startRig(database.db);
      rig.flip('new');
      rig.legacy.sends = answersIn(unreadableForms['broken gzip'] as Form, ({ method }) => method === 'POST');
      await rig.make();
      await eventually('it is stuck', async () => (await rig.entries('POST /notes'))[0]?.pinned === true);
      expect((await rig.entries('POST /notes'))[0]?.fault).toMatch(/what legacy answered cannot be read/);
      expect(rig.legacy.notes).toHaveLength(1);
    });

    it('are not taken for undone where the look at legacy cannot be read', async () => {
      const rig = await startRig(database.db, { longest: 300 });
      const note = await rig.make();
      await rig.even();
      rig.legacy.sends = answersIn(unreadableForms['broken gzip'] as Form, ({ method }) => method === 'GET');
      rig.legacy.after = ({ method }) => {
        if (method === 'PUT') throw new Error('the answer is lost');
      };
      const { status } = await rig.ask('PUT', `/notes/${note}/title`, { title: 'Once' });
      expect(status).toBe(502);
      await eventually('legacy was looked at twice', () => {
        const looks = rig.legacy.requests.filter(
          ({ method, target }) => method === 'GET' && target === '/notes',
        );
        return looks.length > 1;
      });
      const [entry] = await rig.entries('PUT /notes/:note_id/title');
      expect(entry?.state).toBe('doubt');
      rig.legacy.sends = undefined;
      rig.legacy.after = () => {};
      await rig.even();
      expect(rig.new.notes[0]?.title).toBe('Once');
    });

    it.each([true, false])(
      'are understood though their body is compressed (%s: legacy decodes it)',
      async (decodes) => {
        const rig = await startRig(database.db);
        const note = await rig.make();
        const said = JSON.stringify({ text: 'Hello' });
        const response = await fetch(`${rig.url}/notes/${note}/lines`, {
          method: 'POST',
          body: decodes ? zlib.gzipSync(said) : said,
          headers: { 'content-type': 'application/json', 'content-encoding': decodes ? 'gzip' : 'br' },
        });
        expect(await response.json()).toMatchObject({ count: 2 });
        await rig.even();
        expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
        expect(rig.paid).toHaveLength(1);
      },
    );
  });

  it('compares reads in mode shadow in whatever form either side answers', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    rig.flip('shadow');
    rig.new.sends = answersIn(coded('gzip', zlib.gzipSync));
    await rig.ask('GET', '/notes', undefined, { 'accept-encoding': 'gzip' });
    await rig.ask('GET', `/notes/${note}/lines`, undefined, { 'accept-encoding': 'gzip' });
    await rig.shadowed();
    for (const key of ['GET /notes', 'GET /notes/:note_id/lines'])
      expect(rig.shadow.tally.of(key)).toMatchObject({ matched: 1, divergent: 0, failed: 0 });
  });
});
