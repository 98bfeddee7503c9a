import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Answer } from '@banyan/compare/answer.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import { localTime } from '@banyan/route-table/local-time.ts';
import type { ExchangeOutcome, Noise } from '@banyan/suite/compared.ts';
import { isGreen, resultOf } from '@banyan/suite/result.ts';
import type { ChangesIn } from '@banyan/suite/retired/change.ts';
import { textOf, withText } from '@banyan/suite/retired/edit.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import {
  type Alter,
  bytesOf,
  startAlteringProxy,
  withBody,
  withHeader,
} from '@banyan/suite/testing/altering-proxy.ts';
import { type Ask, recordingOf } from '@banyan/suite/testing/recording.ts';
import { describe, expect, it } from 'vitest';
import { type NotesOptions, startNotesApp } from './app.ts';
import { notesTable } from './table.ts';

const progress: AcceptedRule = {
  name: 'in-progress',
  reason: 'work goes on in the background',
  owner: 'test',
  expires: '2099-12-31',
  route: 'all',
  places: [],
  otherMoments: true,
};

const jsonOf = (answer: Answer) =>
  JSON.parse(Buffer.from(answer.body).toString()) as { id: string; job: string };

async function record(use: (ask: Ask) => Promise<unknown>, options?: NotesOptions): Promise<Recording> {
  const app = await startNotesApp(options);
  try {
    return await recordingOf(notesTable, app.url, use);
  } finally {
    await app.close();
  }
}

/** A fresh app, behind a proxy that alters its answers. */
async function fresh(alter?: Alter, options?: NotesOptions): Promise<RunningBackend> {
  const app = await startNotesApp(options);
  if (!alter) return { ...app, clock: localTime };
  const proxy = await startAlteringProxy(app.url, alter);
  return {
    url: proxy.url,
    clock: localTime,
    async close() {
      await proxy.close();
      await app.close();
    },
  };
}

interface Run {
  legacy?: () => Promise<RunningBackend>;
  ours?: () => Promise<RunningBackend>;
  rules?: AcceptedRule[];
  retired?: string[];
  patience?: number;
  onNoise?: (noise: Noise) => void;
}

const run = (
  recording: Recording,
  { legacy = fresh, ours = fresh, rules = [progress], patience = 600, ...more }: Run = {},
) =>
  runSuite({
    ...more,
    table: notesTable,
    recordings: [recording],
    rules,
    today: '2026-01-31',
    startLegacy: () => legacy(),
    startNew: () => ours(),
    patience,
  });

/** `new GET /notes: value at body $[0].text` for each difference of a divergent comparison. */
const found = (outcomes: ExchangeOutcome[]) =>
  outcomes.flatMap(({ compared }) =>
    compared.flatMap(({ pair, method, target, judgement }) =>
      judgement.differences.map(({ kind, place }) => {
        const who = pair === 'legacy-new' ? 'new' : 'legacy';
        return `${who} ${method} ${target.replace(/[0-9a-f-]{36}/g, 'ID')}: ${kind} at ${place}`;
      }),
    ),
  );

async function someUse(ask: Ask): Promise<void> {
  const one = jsonOf(await ask('POST', '/notes', { text: 'one é' }));
  const two = jsonOf(await ask('POST', '/notes', { text: 'two' }));
  await ask('GET', '/notes');
  await ask('GET', `/notes/${one.id}`);
  await ask('GET', `/notes/${one.id}`);
  await ask('POST', `/notes/${one.id}/link`, { to: two.id });
  await ask('DELETE', `/notes/${two.id}`);
  await ask('GET', '/notes');
  await ask('GET', '/nowhere');
}

describe('a replay', () => {
  it('finds that two backends that are the same agree, and that the recording is true', async () => {
    const outcomes = await run(await record(someUse));
    expect(found(outcomes)).toEqual([]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(9).fill('matched'));
  });

  it('sends each backend its own ids, in paths and in the declared places of bodies', async () => {
    const seen: string[] = [];
    const recording = await record(someUse);
    await run(recording, {
      ours: () =>
        fresh(undefined, { onRequest: (method, target, body) => seen.push(`${method} ${target} ${body}`) }),
    });
    const link = seen.find((line) => line.includes('/link')) ?? '';
    const [ids] = [link.match(/[0-9a-f-]{36}/g)];
    expect(ids).toHaveLength(2);
    const recorded = JSON.stringify(
      recording.exchanges.map(({ target, body }) => [target, body?.toString()]),
    );
    for (const id of ids ?? []) expect(recorded).not.toContain(id);
    expect(seen.at(-3)).toBe(`DELETE /notes/${ids?.[1]} `);
  });

  it('does not touch an id that stands in a text', async () => {
    const outcomes = await run(
      await record(async (ask) => {
        const { id } = jsonOf(await ask('POST', '/notes', { text: 'one' }));
        await ask('POST', '/notes', { text: `see ${id}` });
        await ask('GET', '/notes');
      }),
    );
    expect(found(outcomes)).toEqual([]);
  });

  it('keeps requests at once that were at once, and one after the other that were not', async () => {
    const recording = await record(
      async (ask) => {
        await Promise.all([ask('GET', '/slow'), ask('GET', '/notes')]);
        await ask('GET', '/nowhere');
      },
      { slow: 50 },
    );
    const events: string[] = [];
    const note = (what: string) => (_: string, target: string) => void events.push(`${target} ${what}`);
    const ours = () => fresh(undefined, { slow: 300, onRequest: note('asked'), onAnswer: note('answered') });
    expect(found(await run(recording, { ours }))).toEqual([]);
    expect(events).toEqual([
      '/slow asked',
      '/notes asked',
      '/notes answered',
      '/slow answered',
      '/nowhere asked',
      '/nowhere answered',
    ]);
  });

  it('does not pass what belongs to a route that the table does not have', async () => {
    const recording = await record(someUse);
    const exchanges = recording.exchanges.map((each) =>
      each.target === '/nowhere' ? { ...each, route: 'GET /gone' } : each,
    );
    const outcomes = await run({ ...recording, exchanges });
    expect(outcomes.at(-1)?.outcome).toBe('divergent');
    const result = resultOf({
      table: notesTable,
      rules: [],
      today: '2026-01-31',
      outcomes,
      implemented: undefined,
    });
    expect(result.routes['GET /gone']).toMatchObject({ exchanges: 1, divergent: 1, state: 'divergent' });
  });

  it('polls until the recorded state is reached, however long each backend takes', async () => {
    const recording = await record(async (ask) => {
      const { job } = jsonOf(await ask('POST', '/files', {}));
      await ask('GET', `/files/${job}`);
      await ask('GET', `/files/${job}`);
      await ask('GET', `/files/${job}`);
    });
    const slower = () => fresh(undefined, { work: 5 });
    expect(found(await run(recording, { legacy: slower, ours: slower }))).toEqual([]);
    const quicker = await run(recording, { ours: () => fresh(undefined, { work: 0 }) });
    expect(found(quicker)).toEqual([]);
    expect(quicker.map(({ outcome }) => outcome)).toEqual(['matched', 'accepted', 'accepted', 'matched']);
    const never = await run(recording, { ours: () => fresh(undefined, { work: 1000 }) });
    expect(found(never)).toEqual(['new GET /files/ID: value at body $.status']);
  });

  it('accepts no other moment where the register has no rule for it', async () => {
    const recording = await record(async (ask) => {
      const { job } = jsonOf(await ask('POST', '/files', {}));
      for (let i = 0; i < 3; i += 1) await ask('GET', `/files/${job}`);
    });
    const outcomes = await run(recording, { ours: () => fresh(undefined, { work: 0 }), rules: [] });
    expect(found(outcomes)).toContain('new GET /files/ID: value at body $.status');
  });

  it('says where legacy does not answer as recorded', async () => {
    const wrong: Alter = (answer, { target }) =>
      target === '/notes' ? withBody(answer, (text) => text.replace('two', 'too')) : answer;
    const outcomes = await run(await record(someUse), { legacy: () => fresh(wrong) });
    expect(found(outcomes)).toContain('legacy GET /notes: value at body $[0].text');
    expect(found(outcomes)).toContain('new GET /notes: value at body $[0].text');
  });

  it('shows routes that the new backend has not as untested, and never as passed', async () => {
    const recording = await record(someUse);
    const implemented = new Set(['GET /notes/:id']);
    const outcomes = await run(recording, {
      ours: async () => ({ ...(await fresh()), implements: implemented }),
    });
    const result = resultOf({ table: notesTable, rules: [], today: '2026-01-31', outcomes, implemented });
    expect(result.routes['GET /notes']).toMatchObject({
      exchanges: 2,
      matched: 0,
      untested: 2,
      state: 'no TypeScript yet',
    });
    expect(result.routes['GET /files/:job']).toMatchObject({ exchanges: 0, state: 'no TypeScript yet' });
    // Notes that only an unreplaced route can make are unknown to it.
    expect(result.routes['GET /notes/:id']).toMatchObject({ divergent: 2, state: 'divergent' });
    expect(result).toMatchObject({ exchanges: 9, matched: 0, untested: 7, divergent: 2 });
  });
});

const at =
  (path: string, change: (answer: Answer, before: number) => Answer | Buffer): Alter =>
  (answer, { method, target, before }) =>
    `${method} ${target.replace(/[0-9a-f-]{36}/g, 'ID')}` === path ? change(answer, before) : answer;
const body = (path: string, from: string | RegExp, to: string): Alter =>
  at(path, (answer) => withBody(answer, (text) => text.replace(from, to)));
const header = (path: string, name: string, edit: (value: string) => string | undefined): Alter =>
  at(path, (answer) => withHeader(answer, name, edit));
const uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/;
const aTime = /\d{4}-\d\d-\d\dT[\d:.]+Z/;

describe('a wrong answer is a divergence, at its place', () => {
  it.each<[fault: string, alter: Alter, where: string]>([
    ['a wrong status', at('GET /nowhere', (a) => ({ ...a, status: 400 })), 'GET /nowhere: status at status'],
    [
      'a wrong reason',
      at('GET /nowhere', (a) => ({ ...a, reason: 'not found' })),
      'GET /nowhere: reason at reason',
    ],
    ['a missing header', header('GET /notes', 'Vary', () => undefined), 'GET /notes: missing at header Vary'],
    [
      'an added header',
      at('GET /notes', (a) => ({ ...a, rawHeaders: [...a.rawHeaders, 'X-A', 'b'] })),
      'GET /notes: extra at header X-A',
    ],
    [
      'another header value',
      header('GET /notes', 'Content-Type', (v) => `${v}; charset=utf-8`),
      'GET /notes: value at header Content-Type',
    ],
    [
      'a header name in another case',
      at('GET /notes', (a) => ({ ...a, rawHeaders: a.rawHeaders.map((h) => (h === 'Vary' ? 'vary' : h)) })),
      'GET /notes: name case at header Vary',
    ],
    [
      'a Content-Length that is too long',
      header('GET /notes', 'Content-Length', (v) => String(Number(v) + 1)),
      'GET /notes: broken at connection',
    ],
    [
      'a Content-Length that is too short',
      header('GET /notes', 'Content-Length', (v) => String(Number(v) - 1)),
      'GET /notes: length at header Content-Length',
    ],
    [
      'a body that breaks off',
      at('GET /notes', (a) => bytesOf(a).subarray(0, -5)),
      'GET /notes: broken at connection',
    ],
    [
      'chunks where there was a length',
      at('GET /nowhere', (a) => {
        const text = Buffer.from(a.body).toString();
        const chunked = withHeader(a, 'Content-Length', () => undefined);
        const rawHeaders = [...chunked.rawHeaders, 'Transfer-Encoding', 'chunked'];
        return bytesOf({
          ...a,
          rawHeaders,
          body: Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`),
        });
      }),
      'GET /nowhere: missing at header Content-Length',
    ],
    [
      'key order',
      body('GET /notes', /("id": ".*?"),\n {4}("text": ".*?")/, '$2,\n    $1'),
      'GET /notes: key order at body $[0]',
    ],
    ['compact JSON', body('GET /nowhere', /\s+/g, ''), 'GET /nowhere: spacing at body $.error'],
    ['another indent', body('GET /notes', /^ +/gm, '   '), 'GET /notes: spacing at body $[0]'],
    ['an escape', body('GET /notes', 'Ã©', '\\u00e9'), 'GET /notes: escapes at body $[1].text'],
    ['a missing newline at the end', body('GET /notes', /\n$/, ''), 'GET /notes: spacing at body $'],
    ['another text', body('GET /nowhere', 'here', 'there'), 'GET /nowhere: value at body $.error'],
    [
      'a missing member',
      body('GET /notes', /"text": ".*?",\s+/, ''),
      'GET /notes: missing at body $[0].text',
    ],
    ['an extra member', body('GET /notes', '"id"', '"a": 1,\n    "id"'), 'GET /notes: extra at body $[0].a'],
    ['null for a value', body('GET /notes', '"two"', 'null'), 'GET /notes: type at body $[0].text'],
    ['a dropped element', body('GET /notes', /\{[^}]*\},\s+/, ''), 'GET /notes: length at body $'],
    [
      'a swapped order',
      at('GET /notes', (a) =>
        withBody(a, (text) =>
          JSON.parse(text).length > 1 ? `${JSON.stringify(JSON.parse(text).reverse(), null, 2)}\n` : text,
        ),
      ),
      'GET /notes: order at body $',
    ],
    [
      'an id that changes',
      body('GET /notes', uuid, '9b2e7c10-1111-4aaa-8bbb-000000000001'),
      'GET /notes: binding at body $[0].id',
    ],
    [
      'an id of another version',
      body('POST /notes', /-4(?=[0-9a-f]{3}-[89ab])/, '-1'),
      'POST /notes: format at body $.id',
    ],
    [
      'an id in capitals',
      body('POST /notes', uuid, '9B2E7C10-1111-4AAA-8BBB-000000000001'),
      'POST /notes: format at body $.id',
    ],
    [
      'the same id twice',
      body('POST /notes', uuid, '9b2e7c10-1111-4aaa-8bbb-000000000001'),
      'POST /notes: binding at body $.id',
    ],
    [
      'an invented id that is not new',
      body('GET /notes/ID', /(?<="view": ")[^"]+/, '9b2e7c10-1111-4aaa-8bbb-000000000001'),
      'GET /notes/ID: binding at body $.view',
    ],
    ['a time with three digits', body('GET /notes', /\d{3}Z/, 'Z'), 'GET /notes: format at body $[0].at'],
    ['a time with an offset', body('GET /notes', /Z"/, '+00:00"'), 'GET /notes: format at body $[0].at'],
    [
      'a stored time that changes',
      body('GET /notes', /\d{6}Z/, '000000Z'),
      'GET /notes: binding at body $[0].at',
    ],
    [
      'a time of now that is in the past',
      body('GET /notes/ID', /(?<="seen": ")20/, '19'),
      'GET /notes/ID: time at body $.seen',
    ],
    [
      'a new time that is not now',
      body('POST /notes', aTime, '2020-01-01T00:00:00.000000Z'),
      'POST /notes: time at body $.at',
    ],
    [
      'a stale list',
      at('GET /notes', (a, before) => (before === 0 ? a : withBody(a, () => '[]\n'))),
      'GET /notes: length at body $',
    ],
  ])('%s', async (_, alter, where) => {
    const recording = await record(someUse);
    expect(found(await run(recording, { ours: () => fresh(alter) }))).toContain(`new ${where}`);
    expect(
      found(await run(recording, { legacy: () => fresh(alter) })).filter((line) => line.startsWith('legacy')),
    ).toContain(`legacy ${where}`);
  });

  it('a lost write, which is seen two requests later', async () => {
    const outcomes = await run(await record(someUse), {
      ours: () => fresh(undefined, { losesDeletes: true }),
    });
    expect(found(outcomes)).toEqual(['new GET /notes: length at body $']);
  });

  it('a backend that is not there stops the run', async () => {
    const recording = await record(someUse);
    const gone = async () => ({ url: 'http://127.0.0.1:1', close: async () => {} });
    await expect(run(recording, { ours: gone })).rejects.toThrow(
      /POST \/notes at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
    );
  });
});

describe('the noise floor', () => {
  const noiseOf = async (alter: Alter) => {
    const noise: Noise[] = [];
    await run(await record(someUse), { legacy: () => fresh(alter), onNoise: (each) => noise.push(each) });
    return noise.map(({ request, unexplained }) => [request, unexplained]);
  };

  it('names the field in which two runs of legacy differ and that no rule covers', async () => {
    let count = 0;
    const counting = at('GET /nowhere', (a) =>
      withBody(a, (text) => text.replace('here', `here ${++count}`)),
    );
    expect(await noiseOf(counting)).toEqual([['GET /nowhere', ['body $.error']]]);
  });

  it('says so where legacy agrees with itself and not with the recording', async () => {
    expect(await noiseOf(body('GET /nowhere', 'here', 'there'))).toEqual([['GET /nowhere', []]]);
  });
});

describe('a rule of the register', () => {
  const renamed = body('GET /nowhere', 'here', 'there');
  const rule = (over: Partial<AcceptedRule>): AcceptedRule => ({
    name: 'renamed',
    reason: 'a quirk that was retired',
    owner: 'test',
    expires: '2099-12-31',
    route: 'anything else',
    places: ['body $.error'],
    ...over,
  });
  const judged = async (alter: Alter | undefined, rules: AcceptedRule[], retired: string[] = []) => {
    const outcomes = await run(await record(someUse), { ours: () => fresh(alter), rules, retired });
    const input = { table: notesTable, rules, today: '2026-01-31', outcomes, retired, everything: true };
    return { outcomes, result: resultOf({ ...input, implemented: undefined }) };
  };

  it('that nothing used fails a run of everything, unless its use is a matter of timing', async () => {
    const { result } = await judged(undefined, [rule({}), rule({ name: 'quick', dependsOnTiming: true })]);
    expect(result.unusedRules).toEqual(['renamed']);
    expect(isGreen(result)).toBe(false);
    expect(isGreen({ ...result, unusedRules: [] })).toBe(true);
  });

  it('for a retired quirk is in force where the quirk is retired, and nowhere else', async () => {
    const quirk = rule({ quirk: 'here-and-there' });
    expect(found((await judged(renamed, [quirk])).outcomes)).toEqual([
      'new GET /nowhere: value at body $.error',
    ]);
    const retired = await judged(renamed, [quirk], ['here-and-there']);
    expect(found(retired.outcomes)).toEqual([]);
    expect(isGreen(retired.result)).toBe(true);
    // Retired, and the difference is not there: somebody forgot to retire it.
    expect((await judged(undefined, [quirk], ['here-and-there'])).result.unusedRules).toEqual(['renamed']);
    // It does not excuse legacy.
    const legacy = await run(await record(someUse), {
      legacy: () => fresh(renamed),
      ours: () => fresh(renamed),
      rules: [quirk],
      retired: ['here-and-there'],
    });
    expect(found(legacy)).toEqual(['legacy GET /nowhere: value at body $.error']);
  });

  it.each<[what: string, over: Partial<AcceptedRule>]>([
    ['another kind of difference', { kinds: ['type'] }],
    ['another status', { statuses: { left: [404], right: [400] } }],
  ])('does not accept %s', async (_, over) => {
    expect(found((await judged(renamed, [rule(over)])).outcomes)).not.toEqual([]);
    const fitting = rule({ kinds: ['value'], statuses: { left: [404], right: [404] } });
    expect(found((await judged(renamed, [fitting])).outcomes)).toEqual([]);
  });
});

describe('a quirk that is retired, of which is worked out what legacy would have said without it', () => {
  const rule: AcceptedRule = {
    name: 'there',
    reason: 'here is there without the quirk',
    owner: 'test',
    expires: '2099-12-31',
    route: 'anything else',
    places: [],
    workedOut: true,
    quirk: 'here-and-there',
  };
  const changes: Record<string, ChangesIn> = {
    'here-and-there': ({ exchanges }) => ({
      byExchange: new Map(
        exchanges.map(({ index }) => [
          index,
          (left) => ({
            ...left,
            answer: withText(left.answer, textOf(left.answer).replace('here', 'there')),
          }),
        ]),
      ),
    }),
  };
  const there = body('GET /nowhere', 'here', 'there');
  const judged = async (ours: Alter | undefined, over: Partial<Parameters<typeof runSuite>[0]> = {}) =>
    found(
      await runSuite({
        table: notesTable,
        recordings: [await record(nowhere)],
        today: '2026-01-31',
        changes,
        rules: [rule],
        retired: ['here-and-there'],
        startLegacy: () => fresh(),
        startNew: () => fresh(ours),
        ...over,
      }),
    );
  const nowhere = async (ask: Ask) => void (await ask('GET', '/nowhere'));

  it('is accepted where it is gone, and nothing else in the same answer', async () => {
    expect(await judged(there)).toEqual([]);
    expect(await judged(body('GET /nowhere', 'here', 'everywhere'))).not.toEqual([]);
  });

  it('is a divergence where it is still there, where it is not retired, and without a rule that counts', async () => {
    expect(await judged(undefined)).toEqual(['new GET /nowhere: value at body $.error']);
    const untold = [{ retired: [] }, { rules: [] }, { rules: [{ ...rule, expires: '2020-01-01' }] }];
    for (const over of untold)
      expect(await judged(there, over)).toEqual(['new GET /nowhere: value at body $.error']);
  });

  it('is told as what was worked out, where the other says neither', async () => {
    const notes: unknown[] = [];
    await judged(body('GET /nowhere', 'here', 'everywhere'), {
      onCompared: ({ judgement }) => void notes.push(...judgement.differences.map(({ note }) => note)),
    });
    expect(notes).toEqual(['what legacy would say without the retired quirk']);
  });

  it('excuses nothing in legacy', async () => {
    const startLegacy = () => fresh(there);
    expect(await judged(there, { startLegacy })).toContain('legacy GET /nowhere: value at body $.error');
  });
});

describe('a run', () => {
  it('tells of a divergence when it happens, not at the end', async () => {
    const told: string[] = [];
    const recording = await record(async (ask) => {
      await ask('GET', '/nowhere');
      await ask('GET', '/slow');
    });
    await runSuite({
      table: notesTable,
      recordings: [recording],
      rules: [],
      today: '2026-01-31',
      startLegacy: () => fresh(undefined, { onAnswer: (_, target) => void told.push(`legacy ${target}`) }),
      startNew: () => fresh(body('GET /nowhere', 'here', 'there'), { slow: 300 }),
      onCompared: ({ target, pair, judgement }) => void told.push(`${pair} ${target} ${judgement.verdict}`),
    });
    expect(told.indexOf('legacy-new /nowhere divergent')).toBeGreaterThan(0);
    expect(told.indexOf('legacy-new /nowhere divergent')).toBeLessThan(
      told.indexOf('legacy-new /slow matched'),
    );
    expect(told.at(-1)).toBe('legacy-new /slow matched');
  });

  // 690 to 860 a second on two cores, client and both applications in one process; the bound allows for a busy machine.
  it('compares hundreds of exchanges a second where the backends can', async () => {
    const recording = await record(async (ask) => {
      for (let i = 0; i < 250; i += 1) {
        const { id } = jsonOf(await ask('POST', '/notes', { text: `note ${i}` }));
        await ask('GET', `/notes/${id}`);
        await ask('GET', '/notes');
        await ask('DELETE', `/notes/${id}`);
      }
    });
    const begun = performance.now();
    const outcomes = await run(recording);
    const rate = (outcomes.length * 1000) / (performance.now() - begun);
    expect(outcomes.every(({ outcome }) => outcome === 'matched')).toBe(true);
    expect(rate).toBeGreaterThan(150);
  });
});
