/** What is rewritten while it comes is what would have been rewritten as a whole, however it is cut. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { type Step, stepsOf } from '@banyan/compare/json/places.ts';
import type { BackendName, IdField, JsonPlace, Route, TimeField } from '@banyan/route-table/route-table.ts';
import { describe, expect, it } from 'vitest';
import { chatTable } from '../../test/support/chat-table.ts';
import { type Chance, chance } from '../../test/support/random.ts';
import { tokenOf } from '../json/splice.ts';
import { IdRegistry } from '../names/id-registry.ts';
import type { Names } from '../names/names.ts';
import { TimeMemory } from '../names/time-memory.ts';
import { keyOf } from '../protocol/keys.ts';
import { exchangesOf } from './exchanges.ts';
import { publicBody } from './public-answer.ts';
import { publicStream } from './stream-public-answer.ts';

type Columns = Pick<Route, 'ids' | 'times'>;

const asIs = (pieces: Iterable<Buffer>) => Readable.from(pieces, { objectMode: false });

const streamed = (side: BackendName, route: Columns, pieces: Iterable<Buffer>, names: Names) =>
  buffer(publicStream(asIs(pieces), exchangesOf(side, route, names)));

function* cut(body: Buffer, length: () => number): Generator<Buffer> {
  for (let at = 0; at < body.length; ) {
    const end = at + length();
    yield body.subarray(at, end);
    at = end;
  }
}

const cuttings = (body: Buffer, { below }: Chance) => [
  cut(body, () => 1),
  cut(body, () => 1 + below(40)),
  cut(body, () => 1 + below(400)),
  [body],
];

/** Ids and times of every look, in pairs that take the same room. */
const idOf = (n: number) =>
  [`7a0f5e1c-${1000 + n}`, `1d\u00e9-${n}`, `"${n}\\`, `\ud83d\ude00${n}`][n % 4] ?? '';
const privateId = (n: number) => idOf(n).replace(/\d+(?=\D*$)/, (digits) => 'x'.repeat(digits.length));
const timeOf = (n: number) => `2026-01-31T09:15:00.${100_000 + n}Z`;
const kinds = ['chat', 'job'];
const fields = ['created_at', 'updated_at', 'upload_time', 'uploaded_at', 'started_at', 'finished_at'];

function randomNames({ below, once, of }: Chance): Names {
  const names = { ids: new IdRegistry(), times: { legacy: new TimeMemory(), new: new TimeMemory() } };
  for (const kind of kinds)
    for (let n = 0; n < 6; n += 1) {
      if (!once(3)) names.ids.add({ kind, publicId: idOf(n), legacyId: privateId(n) });
      const key = keyOf(kind, once(4) ? privateId(n) : idOf(n));
      const pair = () => ({
        key,
        field: of(fields),
        value: timeOf(below(5)),
        publicValue: timeOf(below(1000)),
      });
      for (const side of ['legacy', 'new'] as const)
        if (!once(3)) names.times[side].replace(key, [pair(), pair(), pair()]);
    }
  return names;
}

/** JSON with what is at the places, and other things between and around, that look like it. */
class Writer {
  readonly #chance: Chance;
  /** Whether some object names its owner twice. */
  hasTwoOwners = false;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  value(places: readonly (readonly Step[])[], name = '', depth = 0): string {
    const { once, below } = this.#chance;
    if (places.length === 0 || once(30)) return this.#anything(depth);
    if (places.some((steps) => steps.length === 0))
      return once(12) ? this.#anything(depth) : this.#named(name);
    if (places[0]?.[0] === '[*]') {
      const inside = places.map((steps) => steps.slice(1));
      return this.#list(Array.from({ length: below(4) }, () => this.value(inside, name, depth + 1)));
    }
    const names = [...new Set(places.map(([name]) => String(name)))].filter(() => !once(8));
    const others = Array.from({ length: below(3) }, () =>
      this.#chance.of(['title', 'message_id', 'text', 'n']),
    );
    const twice = once(10) ? names.slice(0, 1) : [];
    const all = shuffled([...names, ...others, ...twice], this.#chance);
    this.hasTwoOwners ||= all.some((name, i) => /id$/.test(name) && all.indexOf(name) !== i);
    return this.#object(
      all.map((name) => {
        const below = places.filter(([first]) => first === name).map((steps) => steps.slice(1));
        return [name, this.value(below, name, depth + 1)];
      }),
    );
  }

  #named(name: string): string {
    const { of, below, once } = this.#chance;
    const n = below(6);
    const token = tokenOf(/id$/.test(name) ? of([idOf(n), privateId(n), privateId(n), 'nobody']) : timeOf(n));
    return once(5) ? token.replace(/\\u00e9/g, '\\u00E9') : token;
  }

  #anything(depth: number): string {
    const { of, once } = this.#chance;
    if (depth < 12 && once(2))
      return once(2)
        ? this.#list([this.#anything(depth + 1), this.#anything(depth + 1)])
        : this.#object([[of(['id', 'created_at', 'pdf_list', '']), this.#anything(depth + 1)]]);
    const texts = [
      `"say ${idOf(0)}"`,
      '"caf\u00e9 \ud83d\ude00"',
      '"\\u0061\\n\\\\"',
      '""',
      this.#named('id'),
    ];
    return of(['0', '-1.5e+3', 'null', 'true', 'NaN', '-Infinity', '{}', '[ ]', ...texts]);
  }

  #object(members: [string, string][]): string {
    const written = members.map(
      ([key, value]) =>
        `${this.#space()}${this.#key(key)}${this.#space()}:${this.#space()}${value}${this.#space()}`,
    );
    return `{${written.join(',') || this.#space()}}`;
  }

  #list(items: string[]): string {
    return `[${items.map((item) => `${this.#space()}${item}${this.#space()}`).join(',') || this.#space()}]`;
  }

  #key(key: string): string {
    if (!this.#chance.once(4)) return JSON.stringify(key);
    const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return `"${Array.from(key, (unit) => (this.#chance.once(2) ? escaped(unit) : unit)).join('')}"`;
  }

  #space(): string {
    return this.#chance.of(['', '', '', ' ', '\n  ', '\t\r\n']);
  }
}

function shuffled<T>(all: readonly T[], { below }: Chance): T[] {
  return all
    .map((one) => ({ one, by: below(1e6) }))
    .sort((a, b) => a.by - b.by)
    .map(({ one }) => one);
}

const placesOf = ({ ids, times }: Columns) =>
  [...ids, ...times].flatMap(({ place }) => (place.in === 'response' ? [stepsOf(place.at)] : []));

const routes = chatTable.routes.filter(
  ({ access, ...route }) => access === 'read' && placesOf(route).length > 0,
);

describe.each(routes.map(({ order: _, ...route }) => route))('$key', (route) => {
  it('is rewritten alike while it comes and as a whole', async () => {
    let changed = 0;
    let brokenOff = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const luck = chance(seed);
      const names = randomNames(luck);
      const writer = new Writer(luck);
      const body = Buffer.from(writer.value(placesOf(route)));
      const side = luck.of(['legacy', 'legacy', 'new'] as const);
      const whole = publicBody(side, route, body, names) ?? expect.fail('it is no JSON');
      expect(whole.byteLength).toBe(body.byteLength);
      changed += whole === body ? 0 : 1;
      for (const pieces of cuttings(body, luck)) {
        const result = await streamed(side, route, pieces, names).catch((error: Error) => error);
        if (result instanceof Error && writer.hasTwoOwners) {
          expect(result).toMatchObject({ code: 'answer_broken_off' });
          brokenOff += 1;
        } else expect(String(result), `seed ${seed}`).toBe(String(whole));
      }
    }
    const isEverChanged = route.ids.some(({ role, place }) => role !== 'invented' && place.in === 'response');
    expect(changed > 20).toBe(isEverChanged);
    expect(brokenOff).toBeLessThan(80);
  });
});

const id = (at: JsonPlace): IdField => ({
  kind: 'chat',
  place: { in: 'response', at },
  role: 'used',
  format: 'uuid4',
});
const time = (at: JsonPlace): TimeField => ({
  place: { in: 'response', at },
  role: 'stored',
  format: 'local-microseconds-z',
});
const route: Columns = {
  ids: [id('$[*].id')],
  times: [time('$[*].created_at'), time('$[*].updated_at')],
};
const names: Names = { ids: new IdRegistry(), times: { legacy: new TimeMemory(), new: new TimeMemory() } };
names.ids.add({ kind: 'chat', publicId: 'public', legacyId: 'hidden' });
for (const [publicId, publicValue] of [
  ['public', '09:00'],
  ['longer', '09:00:00'],
] as const)
  names.times.legacy.replace(keyOf('chat', publicId), [
    { key: keyOf('chat', publicId), field: 'created_at', value: '10:00', publicValue },
  ]);

async function shown(text: string, pieces?: Iterable<Buffer>): Promise<string> {
  return String(await streamed('legacy', route, pieces ?? cut(Buffer.from(text), () => 1), names));
}

/** A stream that is written to by hand, with what has come out of it. */
function byHand() {
  const body = new Readable({ read: () => {} });
  const result = publicStream(body, exchangesOf('legacy', route, names));
  let text = '';
  result.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  const after = async (piece: string) => {
    body.push(piece);
    await new Promise(setImmediate);
    return text;
  };
  return { body, result, after };
}

it('exchanges what stands at a place, and nothing that only looks like it', async () => {
  const text = '[ {"id":"hidden", "created_at" : "10:00", "text": "hidden", "id ": "hidden"}, "hidden"]';
  expect(await shown(text)).toBe(
    '[ {"id":"public", "created_at" : "09:00", "text": "hidden", "id ": "hidden"}, "hidden"]',
  );
});

it('reads keys with escapes, and of a key that is there twice both values', async () => {
  expect(await shown('[{"\\u0069d": "hidden", "i\\u0064": "hidden", "created_at": "10:00"}]')).toBe(
    '[{"\\u0069d": "public", "i\\u0064": "public", "created_at": "09:00"}]',
  );
});

it('holds a time back until it is known whose it is, and nothing else', async () => {
  const { body, after } = byHand();
  expect(await after('[{"text": "a')).toBe('[{"text": "a');
  expect(await after('b", "created_at": "10:')).toBe('[{"text": "ab", "created_at": ');
  expect(await after('00", "n": 1, ')).toBe('[{"text": "ab", "created_at": ');
  expect(await after('"id": "hidden"')).toBe('[{"text": "ab", "created_at": "09:00", "n": 1, "id": "public"');
  expect(await after(', "updated_at": "11:00"}, ')).toMatch('"public", "updated_at": "11:00"}, ');
  expect(await after('{"created_at": "10:00", "n": 2')).toMatch(/"created_at": $/);
  expect(await after('}')).toMatch(/"created_at": "10:00", "n": 2}$/);
  body.destroy();
});

it.each([
  ['stops being JSON', '[{"id": "hidden"}, {"created_at": "10:00", "id": "hid\t"}, {"id": "hidden"}]'],
  ['ends too early', '[{"id": "hidden"}, {"created_at": "10:00", "id": "hid'],
  ['goes on after its end', '[{"id": "hidden"}] [{"id": "hidden"}]'],
  ['is too deep', `[{"id": "hidden"}, ${'['.repeat(500)}[], {"id": "hidden"}]`],
])('shows nothing of what comes where an answer %s', async (_, text) => {
  const stream = publicStream(asIs(cut(Buffer.from(text), () => 1)), exchangesOf('legacy', route, names));
  let seen = '';
  stream.on('data', (piece: Buffer) => {
    seen += piece.toString();
  });
  await expect(finished(stream)).rejects.toMatchObject({ code: 'answer_broken_off' });
  expect(seen).toContain('[{"id": "public"}');
  expect(seen).not.toContain('hid');
});

it.each(['', ' \n', '[{"id":"hidden"}]\n', '1', '-0.5e1 '])('takes %j for whole', async (text) => {
  expect(await shown(text)).toBe(text.replace('hidden', 'public'));
});

it('passes over a byte order mark, however it is cut', async () => {
  const text = '\ufeff[{"id": "hidden"}]';
  expect(await shown(text)).toBe('\ufeff[{"id": "public"}]');
  expect(await shown(text, [Buffer.from(text)])).toBe('\ufeff[{"id": "public"}]');
  await expect(shown('', [Buffer.from([0xef, 0xbb]), Buffer.from('[]')])).rejects.toMatchObject({
    code: 'answer_broken_off',
  });
});

it('breaks off rather than show what is not so', async () => {
  for (const text of [
    '[{"id": "longer", "created_at": "10:00"}]',
    '[{"id": "\\u0068idden"}]',
    '[{"id": "hidden", "created_at": "10:00", "id": "nobody"}]',
  ])
    await expect(shown(text), text).rejects.toMatchObject({ code: 'answer_broken_off' });
});

it('breaks off though that is only found as the body ends', async () => {
  const nested: Columns = {
    ids: [id('$[*].id'), id('$[*].in.id')],
    times: [time('$[*].created_at'), time('$[*].in.created_at')],
  };
  const body = Buffer.from('[{"created_at": "10:00", "in": {"id": "longer", "created_at": "10:00"}');
  await expect(streamed('legacy', nested, [body], names)).rejects.toMatchObject({
    code: 'answer_broken_off',
  });
});

it('destroys the body with the answer, and the answer with the body', async () => {
  const given = byHand();
  await given.after('[');
  given.result.destroy();
  await expect.poll(() => given.body.destroyed).toBe(true);
  const wrong = byHand();
  wrong.result.once('error', () => {});
  await wrong.after('[{"id": "\\u0068idden"}');
  await expect.poll(() => wrong.body.destroyed).toBe(true);
  const broken = byHand();
  await broken.after('[');
  const failed = new Promise((resolve) => broken.result.once('error', resolve));
  broken.body.destroy(new Error('the backend went away'));
  expect(await failed).toMatchObject({ message: 'the backend went away' });
});

it('holds back little of 50 MB, at the pace of whoever reads it', async () => {
  const chat = (n: number, text: string) =>
    `${n === 0 ? '[' : ','}{"created_at": "10:00", "id": "hidden", "text": "${text}"}`;
  let given = 0;
  let taken = 0;
  let furthest = 0;
  function* pieces() {
    for (let n = 0; n < 50; n += 1)
      for (const text of cut(Buffer.from(chat(n, 'x'.repeat(1024 * 1024))), () => 64 * 1024)) {
        given += text.length;
        yield text;
      }
    yield Buffer.from(']');
  }
  await pipeline(
    publicStream(asIs(pieces()), exchangesOf('legacy', route, names)),
    async (answer: AsyncIterable<Buffer>) => {
      for await (const piece of answer) {
        taken += piece.length;
        furthest = Math.max(furthest, given - taken);
        await new Promise(setImmediate);
      }
    },
  );
  expect(taken).toBe(given + 1);
  expect(furthest).toBeLessThan(512 * 1024);
});
