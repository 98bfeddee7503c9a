import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { chatTable } from '../../test/support/chat-table.ts';
import { defaultGuards } from './guards-part.ts';
import { parseFlagFile } from './parse.ts';

/** `line:column message` of each fault. */
function faultsOf(text: string, implemented?: ReadonlySet<string>): string[] {
  const reading = parseFlagFile(text, { table: chatTable, implemented });
  return reading.ok ? [] : reading.faults.map((f) => `${f.line}:${f.column} ${f.message}`);
}

const routes = (...lines: string[]) => `routes:\n${lines.map((line) => `  ${line}\n`).join('')}`;

const allPhases = `phases:
  reads: [GET /api/health, GET /api/chats, GET /api/chats/:chat_id, GET /api/chats/:chat_id/docs]
  more: [GET /api/chats/:chat_id/pdfs, GET /api/pdfs, GET /api/upload-status/:job_id]
  writes:
    - POST /api/chats
    - DELETE /api/chats/:chat_id
    - PUT /api/chats/:chat_id/rename
    - POST /api/chats/:chat_id/messages
    - POST /api/chats/:chat_id/upload-pdf
    - DELETE /api/chats/:chat_id/pdfs/:name
  rest: [anything else]
`;

describe('a flag file that is right', () => {
  it('names routes with modes, and their reasons as comments on the line', () => {
    const reading = parseFlagFile(
      routes('GET /api/health: new # first', '"POST /api/chats": "legacy"', "GET /api/pdfs: 'new'"),
      { table: chatTable },
    );
    expect(reading.ok && [...reading.flags.routes]).toEqual([
      ['GET /api/health', { mode: 'new', comment: 'first' }],
      ['POST /api/chats', { mode: 'legacy', comment: undefined }],
      ['GET /api/pdfs', { mode: 'new', comment: undefined }],
    ]);
  });

  it('has modes of one word, and a canary as a map too', () => {
    const reading = parseFlagFile(
      routes(
        'GET /api/chats: shadow',
        'GET /api/chats/:chat_id: canary:2.5% # a few',
        'GET /api/chats/:chat_id/docs: { canary: 10% } # more',
        'GET /api/health: complete',
      ),
      { table: chatTable },
    );
    expect(reading.ok && [...reading.flags.routes.values()]).toEqual([
      { mode: 'shadow', comment: undefined },
      { mode: 'canary:2.5%', comment: 'a few' },
      { mode: 'canary:10%', comment: 'more' },
      { mode: 'complete', comment: undefined },
    ]);
  });

  it.each([
    ['no routes at all', 'routes: {}\n'],
    ['a flow map', 'routes: { GET /api/chats/:chat_id: new, anything else: legacy } # why\n'],
    ['a document start, CRLF and a byte order mark', '\uFEFF---\r\nroutes:\r\n  GET /api/health: new\r\n'],
    ['the directive of YAML 1.2', '%YAML 1.2\n---\nroutes: {}\n'],
    ['phases that cover every row', `routes: {}\n${allPhases}`],
    ['phases before routes', `${allPhases}routes: {}\n`],
  ])('may be %s', (_what, text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it('has guards with defaults for what it leaves out, and none where they are off', () => {
    const guardsOf = (text: string) => {
      const reading = parseFlagFile(`routes: {}\n${text}`, { table: chatTable });
      return reading.ok ? reading.flags.guards : reading.faults;
    };
    expect(guardsOf('')).toEqual(defaultGuards);
    expect(guardsOf('guards: off\n')).toBeUndefined();
    expect(guardsOf('guards: { errors: 0.5%, window: 90s, latency: 1.5x }\n')).toEqual({
      errors: 0.005,
      divergences: 0,
      latency: { times: 1.5 },
      window: 90_000,
      sample: 20,
    });
    expect(guardsOf('guards: { divergences: 3, latency: 2s, sample: 5 }\n')).toEqual({
      errors: 0.02,
      divergences: 3,
      latency: { milliseconds: 2000 },
      window: 60_000,
      sample: 5,
    });
    expect(guardsOf('guards: { latency: off }\n')).toMatchObject({ latency: undefined });
  });

  it('gives the phases with their routes', () => {
    const reading = parseFlagFile(`routes: {}\n${allPhases}`, { table: chatTable });
    expect(reading.ok && reading.flags.phases.get('rest')).toEqual(['anything else']);
    expect(reading.ok && [...reading.flags.phases.keys()]).toEqual(['reads', 'more', 'writes', 'rest']);
  });
});

describe('a fault is reported with line and column:', () => {
  it.each<[string, string, string[]]>([
    ['an empty file', '', ['1:1 The file is empty.']],
    ['a file of comments', '# routes:\n#   GET /api/health: new\n', ['1:1 The file is empty.']],
    ['a file without routes', allPhases, ['1:1 `routes` is missing.']],
    ['routes without content, as in a file still being written', 'routes:\n', ['1:1 `routes` is empty.']],
    ['a word alone', 'legacy\n', ['1:1 The file must be a map']],
    ['a list', '- routes\n', ['1:1 The file must be a map']],
    ['routes as a list', 'routes:\n  - GET /api/health\n', ['1:1 `routes` must be a map']],
    ['routes as a word', 'routes: new\n', ['1:1 `routes` must be a map']],
    ['a bracket that is not closed', 'routes: {GET /api/health: new\n', ['2:1 ']],
    ['a quote that is not closed', 'routes:\n  "GET /api/health: new\n', ['2:3 The quote that opens here']],
    ['a tab as indentation', 'routes:\n\tGET /api/health: new\n', ['2:1 A tab stands where']],
    [
      'a missing colon',
      routes('GET /api/health new', 'GET /api/chats: new'),
      ['2:3 An entry must be on one line'],
    ],
    [
      'no space behind the only colon',
      routes('GET /api/health:new'),
      ['2:3 A space is missing behind the colon'],
    ],
    [
      'a route that is not indented',
      'routes: {}\nGET /api/health: new\n',
      ['2:1 `GET /api/health` belongs below `routes`'],
    ],
    [
      'two entries that run together',
      routes('GET /api/health: new', ' GET /api/chats: new'),
      ['2:20 Two entries are read as one'],
    ],
    ['a second document', 'routes: {}\n---\nroutes: {}\n', ['2:1 A second document']],
    ['YAML 1.1', '%YAML 1.1\n---\nroutes: {}\n', ['1:1 The flag file is YAML 1.2']],
    ['bytes that are not UTF-8', routes('GET /api/health: new # \uFFFD'), ['2:26 A character here']],
    ['a NUL', routes('GET /api/health: new # \0'), ['2:26 A character here']],
    [
      'an unknown part',
      'routes: {}\nphase: {}\n',
      ['2:1 `phase` is not a part of the flag file; did you mean `phases`?'],
    ],
    [
      'an unknown part like nothing known',
      'routes: {}\n7: {}\n',
      ['2:1 `7` is not a part of the flag file; it has'],
    ],
    ['guards as a word', 'routes: {}\nguards: on\n', ['2:9 `guards` must be `off` or a map']],
    [
      'guards that are none, or not said as they are',
      'routes: {}\nguards: { error: 1%, errors: 1, latency: 3, window: 1h, sample: 0, divergences: -1 }\n',
      [
        '2:11 `error` is no guard; there are `errors`',
        '2:30 `errors` must be a share like `2%`.',
        '2:42 `latency` must be',
        '2:53 `window` must be a time like `1m`.',
        '2:65 `sample` must be a number like `20`.',
        '2:81 `divergences` must be a number like `0`.',
      ],
    ],
    ['shadow without a share', 'routes: {}\nshadow: 10%\n', ['2:1 `shadow` must be `{ sample: 25% }`']],
    ['evidence', 'evidence: maybe\nroutes: {}\n', ['1:1 `evidence` must be `enforce`']],
    ['a part twice', 'routes: {}\nroutes: {}\n', ['2:1 `routes` stands twice']],
    [
      'an unknown route',
      routes('GET /api/heath: new'),
      ['2:3 `GET /api/heath` is not a route; did you mean `GET /api/health`?'],
    ],
    [
      'a route like no other',
      routes('FETCH /zzzzzzzzzzzzzzzzzzzz: new'),
      ['2:3 `FETCH /zzzzzzzzzzzzzzzzzzzz` is not a route; `npx'],
    ],
    [
      'a route in lower case',
      routes('get /api/health: new'),
      ['2:3 `get /api/health` is not a route; did you mean `GET /api/health`?'],
    ],
    [
      'HEAD',
      routes('HEAD /api/health: new'),
      ['2:3 `HEAD /api/health` has no flag of its own: HEAD follows `GET /api/health`.'],
    ],
    ['OPTIONS', routes('OPTIONS /api/health: new'), ['2:3 `OPTIONS /api/health` has no flag of its own']],
    [
      'a route named twice',
      routes('GET /api/health: new', 'GET /api/chats: new', 'GET /api/health: new'),
      ['4:3 `GET /api/health` is named twice; the first is on line 2.'],
    ],
    [
      'a route named twice, once in quotes',
      routes('GET /api/health: new', '"GET /api/health": legacy'),
      ['3:3 `GET /api/health` is named twice'],
    ],
    ['an unknown mode', routes('GET /api/health: nwe'), ['2:20 `nwe` is not a mode; did you mean `new`?']],
    ['a mode like no other', routes('GET /api/health: banana'), ['2:20 `banana` is not a mode; write']],
    ['a mode in capitals', routes('GET /api/health: New'), ['2:20 `New` is not a mode; did you mean `new`?']],
    [
      'a canary without its share',
      routes('GET /api/chats/:chat_id: canary'),
      ['2:28 A canary needs its share, from 0.1% to 99.9%: `canary:10%`, not `canary`.'],
    ],
    ['a canary of nobody', routes('GET /api/chats/:chat_id: canary:0%'), ['2:28 A canary needs its share']],
    [
      'a canary of everybody',
      routes('GET /api/chats/:chat_id: { canary: 100% }'),
      ['2:28 A mode is one word'],
    ],
    [
      'a canary where a request names no chat',
      routes('GET /api/chats: canary:10%', 'POST /api/chats: canary:10%', 'anything else: canary:10%'),
      [
        '2:19 `GET /api/chats` cannot be `canary:10%`: a canary is by chat',
        '3:20 `POST /api/chats` cannot be',
        '4:18 `anything else` cannot be',
      ],
    ],
    [
      'a write that is completed while legacy serves what reads it',
      routes('POST /api/chats/:chat_id/upload-pdf: complete', 'GET /api/upload-status/:job_id: new'),
      ['2:40 `POST /api/chats/:chat_id/upload-pdf` cannot be `complete`: legacy would no longer be given'],
    ],
    ['another map as mode', routes('GET /api/health: { mode: new }'), ['2:20 A mode is one word']],
    ['a list as mode', routes('GET /api/health: [new]'), ['2:20 `a list` is not a mode']],
    ['no mode', routes('GET /api/health:', 'GET /api/chats: new'), ['2:3 The route has no mode']],
    ['true', routes('GET /api/health: true'), ['2:20 `true` is not a mode']],
    ['on, which was a boolean in YAML 1.1', routes('GET /api/health: on'), ['2:20 `on` is not a mode']],
    ['no, which was a boolean in YAML 1.1', routes('GET /api/health: no'), ['2:20 `no` is not a mode']],
    ['a number', routes('GET /api/health: 1'), ['2:20 `1` is not a mode']],
    [
      'a mode on the next line',
      'routes:\n  GET /api/health: |-\n    new\n',
      ['2:20 Write the mode on the same line'],
    ],
    ['a key that is a list', 'routes:\n  [GET]: new\n', ['2:3 A name must stand here']],
    [
      'an entry with a question mark',
      'routes:\n  ? GET /api/health\n  : new\n',
      ['2:5 An entry must be on one line'],
    ],
    ['an anchor', routes('GET /api/health: &a new'), ['2:23 An anchor (&a)']],
    [
      'an alias',
      routes('GET /api/health: &a new', 'GET /api/chats: *a'),
      ['2:23 An anchor', '3:19 An alias (*a)'],
    ],
    [
      'a merge key',
      'routes:\n  <<: { GET /api/health: new }\n',
      ['2:3 Merge keys', '2:7 A mode is one word'],
    ],
    ['a tag', routes('GET /api/health: !!str new'), ['2:26 A tag']],
    ['phases without content', 'routes: {}\nphases:\n', ['2:1 `phases` must be a map']],
    [
      'an unknown route in a phase',
      `routes: {}\n${allPhases.replace('GET /api/pdfs', 'GET /api/pfds')}`,
      [
        '2:1 Every route must be in a phase; these are in none: `GET /api/pdfs`.',
        '4:40 `GET /api/pfds` is not a route; did you mean `GET /api/pdfs`?',
      ],
    ],
    [
      'a route in two phases',
      `routes: {}\n${allPhases.replace('[anything else]', '[anything else, POST /api/chats]')}`,
      ['12:25 `POST /api/chats` is in the phase `writes` already'],
    ],
    [
      'a route in a phase twice',
      `routes: {}\n${allPhases.replace('[anything else]', '[anything else, anything else]')}`,
      ['12:25 `anything else` is in the phase `rest` twice.'],
    ],
    [
      'a route that no phase has',
      `routes: {}\n${allPhases.replace('    - POST /api/chats\n', '')}`,
      ['2:1 Every route must be in a phase; these are in none: `POST /api/chats`.'],
    ],
    [
      'a phase twice',
      `routes: {}\n${allPhases}  reads: [GET /api/health]\n`,
      ['13:3 The phase `reads` stands twice'],
    ],
    ['an empty phase', `routes: {}\n${allPhases}  none: []\n`, ['13:3 The phase `none` must be a list']],
    [
      'a phase that is a word',
      `routes: {}\n${allPhases}  none: GET /api/health\n`,
      ['13:3 The phase `none` must be a list'],
    ],
    [
      'a phase named like a route',
      `routes: {}\n${allPhases.replace('rest:', 'GET /x:')}`,
      ["12:3 A phase's name has letters"],
    ],
    [
      'a mode in a phase',
      `routes: {}\n${allPhases.replace('- POST /api/chats\n', '- POST /api/chats: new\n')}`,
      ['2:1 Every route', '6:7 A phase lists routes by name'],
    ],
  ])('%s', (_what, text, expected) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(expected.length);
    for (const [i, start] of expected.entries()) expect(faults[i]).toContain(start);
  });

  it('all of them at once, in the order of the file', () => {
    const text = `routes:\n  GET /api/heath: new\n  GET /api/chats: shade\n  GET /api/chats: new\nguards: on\n`;
    expect(faultsOf(text).map((fault) => fault.split(' ', 1)[0])).toEqual(['2:3', '3:19', '4:3', '5:9']);
  });

  it('those before broken syntax, and none that only follow from it', () => {
    const text = 'routes:\n  GET /api/heath: new\n  GET /api/chats: "new\nphases:\n  all: [GET /api/chats]\n';
    expect(faultsOf(text)).toEqual([
      '2:3 `GET /api/heath` is not a route; did you mean `GET /api/health`?',
      '3:19 The quote that opens here is not closed.',
    ]);
  });

  it('a row that the new backend does not have yet', () => {
    const text = routes('GET /api/health: new', 'GET /api/chats: new');
    expect(faultsOf(text, new Set(['GET /api/health']))).toEqual([
      '3:19 `GET /api/chats` cannot be `new`: the new backend does not have it yet.',
    ]);
  });

  it('a file that is far too large to be one', () => {
    expect(faultsOf(`routes: {}\n#${'x'.repeat(250_000)}`)[0]).toContain(
      '1:1 The file is larger than 250 KB',
    );
  });

  it('twenty faults of many, with how many there are besides', () => {
    const faults = faultsOf(`routes:\n${'  GET /nowhere: new\n'.repeat(1)}${manyRoutes(8000)}`);
    expect(faults).toHaveLength(21);
    expect(faults[0]).toMatch(/^2:3 /);
    expect(faults.at(-1)).toMatch(/… and 7,981 more faults\.$/);
  });

  it('brackets inside each other far beyond what a flag file has', () => {
    for (const text of ['['.repeat(100_000), '{a: '.repeat(50_000)])
      expect(faultsOf(`routes: ${text}`)).toEqual([expect.stringContaining('Too many brackets')]);
  });
});

describe('a flag file keeps nobody waiting', () => {
  const perFault: [string, (count: number) => string][] = [
    ['unknown routes', (count) => `routes:\n${manyRoutes(count)}`],
    ['one route, named again and again', (count) => `routes:\n${'  GET /api/health: new\n'.repeat(count)}`],
    ['unknown modes', (count) => `routes:\n${manyRoutes(count).replaceAll(': new', ': nwe')}`],
    ['unknown parts', (count) => manyRoutes(count).replaceAll('  GET /api/', 'rout')],
    ['unknown routes of a phase', (count) => `routes: {}\nphases:\n  a: [${manyNames(count).join(', ')}]\n`],
  ];
  it.each(perFault)('what is wrong in it costs little beside reading it as YAML: %s', (_, textOf) => {
    const text = textOf(6000);
    faultsOf(textOf(500));
    const yaml = timeOf(() =>
      parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' }),
    );
    // Where each fault was compared with every route, or counted the lines before it, it was ten times as long and more.
    expect(timeOf(() => faultsOf(text)) / Math.max(yaml, 20)).toBeLessThan(5);
  });
});

const manyNames = (count: number) => Array.from({ length: count }, (_, i) => `GET /api/unknown-${i}`);
const manyRoutes = (count: number) =>
  manyNames(count)
    .map((name) => `  ${name}: new\n`)
    .join('');

/** Milliseconds of this thread's processor time: other programs and tests do not count. */
function timeOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
