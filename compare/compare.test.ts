import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Route } from '@banyan/route-table/route-table.ts';
import { describe, expect, it } from 'vitest';
import type { Answer, Difference } from './answer.ts';
import { compareAnswers } from './compare.ts';
import { headerRules } from './header-rules.ts';
import { Bindings } from './volatile/bindings.ts';

const A = '0f8c1a52-6f0e-4c36-9d0b-2a5f1c9e7d11';
const B = '9b2e7c10-1111-4aaa-8bbb-000000000001';
const C = '9b2e7c10-1111-4aaa-8bbb-000000000002';
const D = '9b2e7c10-1111-4aaa-8bbb-000000000003';
const at = (microseconds: number) => `2026-01-31T09:15:00.${String(microseconds).padStart(6, '0')}Z`;

const list: Pick<Route, 'ids' | 'times' | 'access'> = {
  access: 'read',
  ids: [{ kind: 'chat', place: { in: 'response', at: '$[*].id' }, role: 'used', format: 'uuid4' }],
  times: [{ place: { in: 'response', at: '$[*].at' }, role: 'stored', format: 'local-microseconds-z' }],
};
const create: typeof list = {
  access: 'write',
  ids: [{ kind: 'chat', place: { in: 'response', at: '$.id' }, role: 'made', format: 'uuid4' }],
  times: [{ place: { in: 'response', at: '$.at' }, role: 'stored', format: 'local-microseconds-z' }],
};
const messages: typeof list = {
  access: 'read',
  ids: [{ kind: 'message', place: { in: 'response', at: '$[*].id' }, role: 'invented', format: 'uuid4' }],
  times: [{ place: { in: 'response', at: '$[*].timestamp' }, role: 'now', format: 'local-microseconds-z' }],
};

const jsonHeaders = (body: string) => [
  'Content-Type',
  'application/json',
  'Content-Length',
  String(Buffer.byteLength(body)),
];

function answer(body: string, over: Partial<Answer> = {}): Answer {
  return { status: 200, reason: 'OK', rawHeaders: jsonHeaders(body), body: Buffer.from(body), ...over };
}

interface Setting {
  route?: typeof list;
  method?: string;
  bindings?: Bindings;
}

const compare = (
  left: Answer,
  right: Answer,
  { route, method = 'GET', bindings = new Bindings() }: Setting = {},
) => compareAnswers({ method, route, left, right, bindings });

/** Place and kind of each difference. */
const found = (differences: Difference[]) => differences.map(({ place, kind }) => `${kind} at ${place}`);

const bodies = (left: string, right: string, setting?: Setting) =>
  found(compare(answer(left), answer(right), setting).differences);

describe('heads', () => {
  it('finds nothing between equal answers', () => {
    expect(compare(answer('{"a": 1}\n'), answer('{"a": 1}\n'))).toEqual({
      differences: [],
      tolerated: [],
      volatile: 0,
      learned: [],
    });
  });

  it('finds a wrong status, a wrong reason and an answer that breaks HTTP', () => {
    expect(found(compare(answer('[]'), answer('[]', { status: 201 })).differences)).toEqual([
      'status at status',
    ]);
    expect(found(compare(answer('[]'), answer('[]', { reason: 'Ok' })).differences)).toEqual([
      'reason at reason',
    ]);
    const broken = answer('[]', { broken: '3 bytes after the end of the body' });
    expect(found(compare(answer('[]'), broken).differences)).toEqual(['broken at connection']);
    expect(found(compare(broken, broken).differences)).toEqual(['broken at connection']);
  });
});

describe('headers', () => {
  const withHeaders = (left: string[], right: string[]) =>
    compare(answer('[]', { rawHeaders: left }), answer('[]', { rawHeaders: right }));

  it.each([
    ['a missing header', ['Vary', 'Origin'], [], 'missing at header Vary'],
    ['an extra header', [], ['Vary', 'Origin'], 'extra at header Vary'],
    ['another value', ['Vary', 'Origin'], ['Vary', 'origin'], 'value at header Vary'],
    ['another case of the name', ['Vary', 'Origin'], ['vary', 'Origin'], 'name case at header Vary'],
    [
      'lines of one name in another order',
      ['Link', '1', 'Link', '2'],
      ['Link', '2', 'Link', '1'],
      'value at header Link',
    ],
    ['a line twice', ['Vary', 'Origin'], ['Vary', 'Origin', 'Vary', 'Origin'], 'extra at header Vary'],
    ['another set in Allow', ['Allow', 'GET, HEAD'], ['Allow', 'GET'], 'value at header Allow'],
    ['Allow without spaces', ['Allow', 'GET, HEAD'], ['Allow', 'GET,HEAD'], 'value at header Allow'],
    ['a missing Allow', ['Allow', 'GET'], [], 'missing at header Allow'],
    [
      'no Content-Length',
      ['Content-Length', '2'],
      ['Transfer-Encoding', 'chunked'],
      'missing at header Content-Length',
    ],
    [
      'a Content-Length of another case',
      ['Content-Length', '2'],
      ['content-length', '2'],
      'name case at header Content-Length',
    ],
    [
      'a wrong Content-Length',
      ['Content-Length', '2'],
      ['Content-Length', '3'],
      'length at header Content-Length',
    ],
    [
      'a wrong Content-Length on both sides',
      ['Content-Length', '3'],
      ['Content-Length', '3'],
      'length at header Content-Length',
    ],
  ])('finds %s', (_, left, right, expected) => {
    expect(found(withHeaders(left, right).differences)[0]).toBe(expected);
  });

  it('does not care in which order lines of different names stand', () => {
    expect(withHeaders(['A', '1', 'B', '2'], ['B', '2', 'A', '1']).differences).toEqual([]);
  });

  it('counts what it tolerates: Allow in another order, and what is the server’s own', () => {
    const { differences, tolerated } = withHeaders(
      ['Allow', 'GET, HEAD, OPTIONS', 'Server', 'Werkzeug', 'Date', 'then', 'Connection', 'close'],
      ['Allow', 'OPTIONS, GET, HEAD', 'Date', 'now', 'Keep-Alive', 'timeout=5'],
    );
    expect(differences).toEqual([]);
    expect(tolerated.map(({ rule }) => rule).sort()).toEqual([
      'header allow',
      'header connection',
      'header date',
      'header keep-alive',
      'header server',
    ]);
  });

  it('has a reason for every header that it does not compare as bytes', () => {
    for (const { reason } of headerRules) expect(reason.length).toBeGreaterThan(20);
  });

  it('compares the length that an answer to HEAD announces', () => {
    const head = (length: string) => answer('', { rawHeaders: ['Content-Length', length] });
    expect(compare(head('90'), head('90'), { method: 'HEAD' }).differences).toEqual([]);
    expect(found(compare(head('90'), head('91'), { method: 'HEAD' }).differences)).toEqual([
      'value at header Content-Length',
    ]);
    const withBody = answer('[]', { rawHeaders: ['Content-Length', '90'] });
    expect(found(compare(head('90'), withBody, { method: 'HEAD' }).differences)).toEqual([
      'bytes at body bytes at 0',
    ]);
  });
});

describe('JSON bodies', () => {
  it.each([
    ['a value', '{"a": [{"b": 1}]}', '{"a": [{"b": 2}]}', 'value at body $.a[0].b'],
    ['a type', '{"a": 1}', '{"a": "1"}', 'type at body $.a'],
    ['null for nothing', '{"a": null}', '{"a": ""}', 'type at body $.a'],
    ['a missing member', '{"a": 1, "b": 2}', '{"a": 1}', 'missing at body $.b'],
    ['an extra member', '{"a": 1}', '{"a": 1, "b c": 2}', 'extra at body $["b c"]'],
    ['key order', '{"a": 1, "b": 2}', '{"b": 2, "a": 1}', 'key order at body $'],
    ['an escape', '{"a": "\\u00e9"}', '{"a": "é"}', 'escapes at body $.a'],
    ['the case of an escape', '{"a": "\\u00e9"}', '{"a": "\\u00E9"}', 'escapes at body $.a'],
    ['an escape in a name', '{"\\u00e9": 1}', '{"é": 1}', 'escapes at body $["é"]'],
    ['another form of a number', '{"a": 1.0}', '{"a": 1}', 'escapes at body $.a'],
    ['indent', '{\n  "a": 1\n}', '{\n    "a": 1\n}', 'spacing at body $.a'],
    ['compact JSON', '{"a": 1}', '{"a":1}', 'spacing at body $.a'],
    ['a missing newline at the end', '{"a": 1}\n', '{"a": 1}', 'spacing at body $'],
    ['space inside of an empty list', '[]', '[ ]', 'spacing at body $'],
    ['a longer list', '[1, 2]', '[1]', 'length at body $'],
    ['swapped elements', '[1, 2]', '[2, 1]', 'value at body $[0]'],
    ['one of two members of a name', '{"a": 1, "a": 2}', '{"a": 1, "a": 3}', 'value at body $.a'],
    ['broken JSON', '{"a": 1}', '{"a": 1', 'bytes at body bytes at 7'],
    ['NaN', '{"a": NaN}', '{"a": null}', 'value at body $.a'],
  ])('finds %s, at its place', (_, left, right, expected) => {
    expect(bodies(left, right)).toContain(expected);
    expect(bodies(left, left)).toEqual([]);
    expect(bodies(right, right)).toEqual([]);
  });

  it('shows the two values as they are written', () => {
    const { differences } = compare(answer('{"a": "\\u00e9"}'), answer('{"a": "é"}'));
    expect(differences).toEqual([{ place: 'body $.a', kind: 'escapes', left: '"\\u00e9"', right: '"é"' }]);
  });

  it('finds every byte that is changed, left out or doubled', () => {
    const text = '{\n  "a": [1, -2.5e3, {"b": null}, []],\n  "c\\u00e9": "x\\ny é",\n  "d": {"e": true}\n}\n';
    const { length } = Buffer.from(text);
    for (let i = 0; i < length; i += 1)
      for (const put of ['', ' ', '1', '"', text.charAt(i) + text.charAt(i)]) {
        const bytes = Buffer.from(text);
        const changed = Buffer.concat([bytes.subarray(0, i), Buffer.from(put), bytes.subarray(i + 1)]);
        const right = { ...answer(text), body: changed };
        const { differences } = compare(answer(text), right);
        if (changed.equals(bytes)) expect(differences).toEqual([]);
        else expect(differences.filter(({ place }) => place.startsWith('body'))).not.toEqual([]);
      }
  });

  it('goes on after a difference', () => {
    expect(bodies('{"a": 1, "b": 2, "c": 3}', '{"a": 9, "c": 4}')).toEqual([
      'value at body $.a',
      'missing at body $.b',
      'value at body $.c',
    ]);
  });

  it('compares bytes where one body is no JSON by its content type', () => {
    const page = answer('{"a": 1}', { rawHeaders: ['Content-Type', 'text/html', 'Content-Length', '8'] });
    expect(found(compare(page, answer('{"a": 1}')).differences)).toEqual(['value at header Content-Type']);
    expect(found(compare(page, answer('{"a":1 }')).differences)).toContain('bytes at body bytes at 5');
  });

  it('reads deep and long texts without giving up', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(bodies(deep, deep)).toEqual([]);
    expect(bodies(deep, `${deep} `)).toEqual(['bytes at body bytes at 200000']);
    const long = `"${'a\\n'.repeat(300_000)}"`;
    expect(bodies(long, long.replace(/n"$/, 't"'))).toEqual(['value at body $']);
  });
});

describe('ids', () => {
  const made = (id: string, time = at(1)) => `{"at": "${time}", "id": "${id}"}\n`;

  it('binds an id that each side made, and holds later answers to it', () => {
    const bindings = new Bindings();
    const { differences, learned, volatile } = compare(answer(made(A)), answer(made(B, at(5))), {
      route: create,
      bindings,
    });
    expect(differences).toEqual([]);
    expect(volatile).toBe(2);
    bindings.learn(learned);
    const later = { route: list, bindings };
    expect(bodies(`[${made(A)}]`, `[${made(B, at(5))}]`, later)).toEqual([]);
    expect(bodies(`[${made(A)}]`, `[${made(C, at(5))}]`, later)).toEqual(['binding at body $[0].id']);
    expect(bodies(`[${made(C)}]`, `[${made(B, at(5))}]`, later)).toEqual(['binding at body $[0].id']);
  });

  it('changes no bindings itself', () => {
    const bindings = new Bindings();
    compare(answer(made(A)), answer(made(B)), { route: create, bindings });
    expect(bindings.rightOf('chat', A)).toBeUndefined();
  });

  it('finds an id that is not new where it should be', () => {
    const bindings = new Bindings();
    bindings.pair('chat', A, B);
    expect(bodies(made(C), made(B), { route: create, bindings })).toEqual(['binding at body $.id']);
    expect(bodies(made(A), made(C), { route: create, bindings })).toEqual(['binding at body $.id']);
  });

  it.each(['', 'x', A.toUpperCase(), A.replace('-4', '-1'), A.replaceAll('-', ''), `${A}0`])(
    'finds that %j is no uuid4',
    (id) => {
      expect(bodies(made(A), made(id), { route: create })).toEqual(['format at body $.id']);
    },
  );

  it('finds a number or null where an id belongs', () => {
    expect(bodies(made(A), made(A).replace(`"${A}"`, 'null'), { route: create })).toEqual([
      'type at body $.id',
    ]);
  });

  it('takes an id that no backend made as it is', () => {
    const bindings = new Bindings();
    expect(bodies('[{"id": "nope"}]', '[{"id": "nope"}]', { route: list, bindings })).toEqual([]);
    expect(bodies('[{"id": "nope"}]', '[{"id": "nopf"}]', { route: list, bindings })).toEqual([
      'binding at body $[0].id',
    ]);
    expect(bodies(`[{"id": "${A}"}]`, `[{"id": "${B}"}]`, { route: list, bindings })).toEqual([
      'binding at body $[0].id',
    ]);
  });

  it('finds an id of the other side, which is unknown on this one', () => {
    const bindings = new Bindings();
    bindings.pair('chat', A, B);
    const both = `[{"id": "${B}"}]`;
    expect(bodies(both, both, { route: list, bindings })).toEqual(['binding at body $[0].id']);
  });

  it('finds the one element that is missing or too many, and nothing else', () => {
    const bindings = new Bindings();
    for (const id of [A, C, D]) bindings.pair('chat', id, id);
    const three = `[{"id": "${A}", "n": 1}, {"id": "${C}", "n": 2}, {"id": "${D}", "n": 3}]`;
    const two = `[{"id": "${A}", "n": 1}, {"id": "${D}", "n": 3}]`;
    expect(bodies(three, two, { route: list, bindings })).toEqual(['length at body $']);
    expect(bodies(two, three, { route: list, bindings })).toEqual(['length at body $']);
  });

  it('finds an order that is swapped, once, and not every element of it', () => {
    const bindings = new Bindings();
    bindings.pair('chat', A, C);
    bindings.pair('chat', B, D);
    const chats = (...ids: string[]) =>
      `[${ids.map((id) => `{"id": "${id}", "title": "of ${id === A || id === C ? 1 : 2}"}`)}]`;
    expect(bodies(chats(A, B), chats(C, D), { route: list, bindings })).toEqual([]);
    expect(bodies(chats(A, B), chats(D, C), { route: list, bindings })).toEqual(['order at body $']);
  });

  it('wants invented ids to be new in every answer, and binds nothing to them', () => {
    const bindings = new Bindings();
    const one = (id: string) => `[{"id": "${id}"}]`;
    const { differences, learned } = compare(answer(one(A)), answer(one(B)), { route: messages, bindings });
    expect(differences).toEqual([]);
    bindings.learn(learned);
    expect(bodies(one(C), one(D), { route: messages, bindings })).toEqual([]);
    expect(bodies(one(C), one(B), { route: messages, bindings })).toEqual(['binding at body $[0].id']);
    expect(
      bodies(`[{"id": "${C}"}, {"id": "${D}"}]`, `[{"id": "${C}"}, {"id": "${C}"}]`, {
        route: messages,
        bindings,
      }),
    ).toEqual(['binding at body $[1].id']);
  });

  it('rewrites nothing inside of text', () => {
    const bindings = new Bindings();
    bindings.pair('chat', A, B);
    expect(bodies(`[{"title": "${A}"}]`, `[{"title": "${B}"}]`, { route: list, bindings })).toEqual([
      'value at body $[0].title',
    ]);
  });
});

describe('times', () => {
  const stored = (...times: string[]) => `[${times.map((time) => `{"at": "${time}"}`)}]`;
  const setting = { route: list };

  it.each([
    '2026-01-31T09:15:00.123Z',
    '2026-01-31T09:15:00.123456',
    '2026-01-31T09:15:00.123456+00:00',
    '2026-01-31 09:15:00.123456Z',
    '2026-02-30T09:15:00.123456Z',
    '2026-01-31T24:15:00.123456Z',
    '2026-01-31T09:60:00.123456Z',
    '',
  ])('finds that %j is not a time as legacy writes it', (time) => {
    expect(bodies(stored(at(1)), stored(time), setting)).toEqual(['format at body $[0].at']);
  });

  it('holds a stored time to what it was', () => {
    const bindings = new Bindings();
    bindings.pair('time', at(10), at(20));
    const again = { route: list, bindings };
    expect(bodies(stored(at(10)), stored(at(20)), again)).toEqual([]);
    expect(bodies(stored(at(10)), stored(at(21)), again)).toEqual(['binding at body $[0].at']);
    expect(bodies(stored(at(11)), stored(at(20)), again)).toEqual(['binding at body $[0].at']);
  });

  it('wants times in the same order on both sides', () => {
    expect(bodies(stored(at(1), at(2)), stored(at(5), at(9)), setting)).toEqual([]);
    expect(bodies(stored(at(1), at(2)), stored(at(9), at(5)), setting)).toEqual(['time at body $[1].at']);
    const bindings = new Bindings();
    for (const [left, right] of [
      [10, 110],
      [20, 120],
      [30, 130],
    ] as const)
      bindings.pair('time', at(left), at(right));
    expect(bodies(stored(at(25)), stored(at(125)), { route: list, bindings })).toEqual([]);
    expect(bodies(stored(at(25)), stored(at(115)), { route: list, bindings })).toEqual([
      'time at body $[0].at',
    ]);
    expect(bodies(stored(at(25)), stored(at(135)), { route: list, bindings })).toEqual([
      'time at body $[0].at',
    ]);
  });

  it('wants a time of now, and one of a write, within its request; one that is read may be older', () => {
    const windows = { right: { from: at(100), to: at(200) } };
    const times = (route: typeof list, left: string, right: string) =>
      found(
        compareAnswers({
          method: 'GET',
          route,
          left: answer(left),
          right: answer(right),
          bindings: new Bindings(),
          windows,
        }).differences,
      );
    const now = (time: string) => `[{"timestamp": "${time}"}]`;
    expect(times(messages, now(at(1)), now(at(150)))).toEqual([]);
    expect(times(messages, now(at(1)), now(at(99)))).toEqual(['time at body $[0].timestamp']);
    expect(times(messages, now(at(1)), now(at(201)))).toEqual(['time at body $[0].timestamp']);
    expect(times(list, stored(at(1)), stored(at(50)))).toEqual([]);
    expect(times(list, stored(at(1)), stored(at(201)))).toEqual(['time at body $[0].at']);
    expect(times(create, `{"at": "${at(1)}"}`, `{"at": "${at(50)}"}`)).toEqual(['time at body $.at']);
  });
});

describe('ids in headers and pages', () => {
  const redirect = (id: string, body = `<p>see /notes/${id}</p>`) =>
    answer(body, { status: 308, rawHeaders: ['Location', `/notes/${id}/more`, 'Content-Type', 'text/html'] });

  it('are those of either side', () => {
    const bindings = new Bindings();
    bindings.pair('chat', A, B);
    expect(compare(redirect(A), redirect(B), { bindings }).differences).toEqual([]);
    expect(found(compare(redirect(A), redirect(A), { bindings }).differences)).toEqual([
      'value at header Location',
      'bytes at body bytes at 14',
    ]);
    expect(found(compare(redirect(A), redirect(C), { bindings }).differences)).toHaveLength(2);
  });

  it('are the same where no answer made them', () => {
    expect(compare(redirect(A), redirect(A)).differences).toEqual([]);
    expect(found(compare(redirect(A), redirect(B)).differences)).toHaveLength(2);
  });
});

describe('coded bodies', () => {
  const coded = (body: Buffer, coding: string): Answer => ({
    ...answer(''),
    body,
    rawHeaders: [
      'Content-Type',
      'application/json',
      'Content-Encoding',
      coding,
      'Content-Length',
      String(body.byteLength),
    ],
  });
  const gzipped = (body: string, level = 6) => coded(gzipSync(body, { level }), 'gzip');

  it('are compared without their codings', () => {
    const left = `{"id":"${A}","n":1}`;
    const right = `{"id":"${B}","n":2}`;
    const { differences, learned } = compare(gzipped(left, 1), gzipped(right, 9), { route: create });
    expect(found(differences)).toEqual(['value at body $.n']);
    expect(learned).toEqual([{ kind: 'chat', left: A, right: B }]);
    expect(compare(gzipped(left, 0), gzipped(left, 9)).differences).toEqual([]);
  });

  it('differ in the header where the codings do', () => {
    const text = '{"n":1}';
    const brotli = coded(brotliCompressSync(text), 'br');
    expect(found(compare(gzipped(text), brotli).differences)).toEqual(['value at header Content-Encoding']);
    expect(found(compare(gzipped(text), answer(text)).differences)).toEqual([
      'missing at header Content-Encoding',
    ]);
  });

  it('are compared as they are where they cannot be decoded', () => {
    const broken = coded(Buffer.from('no gzip'), 'gzip');
    expect(compare(broken, broken).differences).toEqual([]);
    expect(found(compare(broken, gzipped('{}')).differences)).toEqual(['bytes at body bytes at 0']);
  });
});
