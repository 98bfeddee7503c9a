/** What the committed recordings show together: every route, every error that is documented, every quirk. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  listRecordings,
  type RecordedExchange,
  type Recording,
  readRecording,
} from '@banyan/gateway/record/read-recording.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { checkGraph } from '@banyan/suite/graph-check.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { routeTable } from '../contract/routes.ts';
import { type QuirkName, quirkNames } from '../services/quirks.ts';

const here = import.meta.dirname;
const folder = join(here, 'recordings');
let recordings: Recording[];
let exchanges: RecordedExchange[];

beforeAll(async () => {
  const names = await listRecordings(folder);
  recordings = await Promise.all(names.map((name) => readRecording(join(folder, `${name}.har`))));
  exchanges = recordings.flatMap((recording) => recording.exchanges);
});

const textOf = ({ answer }: RecordedExchange) => Buffer.from(answer.body).toString('utf8');
// biome-ignore lint/suspicious/noExplicitAny: a recorded answer's JSON is what it is
const jsonOf = (exchange: RecordedExchange): any => {
  try {
    return JSON.parse(textOf(exchange));
  } catch {
    return undefined;
  }
};

it('are twelve or more, with nothing left out, and no file beside them that none refers to', () => {
  expect(recordings.length).toBeGreaterThanOrEqual(12);
  expect(recordings.filter(({ leftOut }) => leftOut > 0)).toEqual([]);
  const texts = recordings.map(({ name }) => readFileSync(join(folder, `${name}.har`), 'utf8')).join('');
  const files = readdirSync(join(folder, 'files')).map((file) => file.replace(/\.br$/, ''));
  expect(files.filter((file) => !texts.includes(file))).toEqual([]);
});

it('have every route, each with GET, HEAD, OPTIONS or its own method, and preflights', () => {
  const recorded = new Set(exchanges.map(({ route }) => route));
  expect(routeKeys(routeTable).filter((key) => !recorded.has(key))).toEqual([]);
  for (const { key, method } of routeTable.routes)
    expect(
      exchanges.some((exchange) => exchange.route === key && exchange.method === method),
      key,
    ).toBe(true);
  const preflights = exchanges.filter(({ method, rawHeaders }) => {
    return method === 'OPTIONS' && rawHeaders.includes('Access-Control-Request-Method');
  });
  expect(new Set(preflights.map(({ route }) => route)).size).toBeGreaterThan(8);
});

/** The texts of `"error": …` in the legacy app; what it puts into them stands for anything. */
const errorsInTheApp = [
  ...readFileSync(join(here, '../legacy/app.py'), 'utf8').matchAll(/"error": (f?)"([^"]+)"/g),
].map(([, formatted, text = '']) => {
  const literal = text.replace('{MAX_PDFS_PER_CHAT}', '5').replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return formatted ? literal.replace(/\{\w+\}/g, '.+') : literal;
});
const errorsOfTheFramework = [
  '415 Unsupported Media Type: .+application/json',
  '400 Bad Request: Failed to decode JSON object: Expecting value: line 1 column 1',
  "'NoneType' object has no attribute 'get'",
  "'list' object has no attribute 'get'",
  "'int' object has no attribute 'strip'",
  '\\[Errno 36\\] File name too long',
  'embedded null byte',
];

describe('an error that is documented', () => {
  it('is found in the application', () => expect(errorsInTheApp.length).toBeGreaterThanOrEqual(8));

  it.each([...errorsInTheApp, ...errorsOfTheFramework])('is in a recording: %s', (error) => {
    const shown = exchanges.some((exchange) => {
      const text = jsonOf(exchange)?.error;
      return exchange.answer.status >= 400 && typeof text === 'string' && new RegExp(error, 's').test(text);
    });
    expect(shown).toBe(true);
  });

  it.each([
    [404, '<title>404 Not Found</title>'],
    [405, '<title>405 Method Not Allowed</title>'],
    [308, '<title>Redirecting...</title>'],
  ])('is in a recording: the page of %i', (status, text) => {
    expect(exchanges.some((each) => each.answer.status === status && textOf(each).includes(text))).toBe(true);
  });
});

/** What shows that a recording has met a quirk. */
const quirks: Record<QuirkName, (recorded: RecordedExchange[]) => boolean> = {
  'deleted-pdf-still-retrieved': (recorded) =>
    after(recorded, 'DELETE /api/chats/:chat_id/pdfs/:name', ({ pdf_name, chat_id }, later) =>
      later.some((each) => {
        return is(each, 'GET /api/chats/:chat_id/docs', chat_id) && listsPdf(each, pdf_name);
      }),
    ),
  'deleted-chat-lingers': (recorded) =>
    after(recorded, 'DELETE /api/chats/:chat_id', (_, later, { target }) =>
      later.some((each) => is(each, 'GET /api/chats/:chat_id/docs', target) && jsonOf(each).pdfs.length > 0),
    ),
  'invented-message-ids': (recorded) => {
    const shown = recorded.filter(
      (each) => each.route === 'GET /api/chats/:chat_id' && jsonOf(each)?.length > 0,
    );
    return shown.some((each, i) =>
      shown
        .slice(i + 1)
        .some((other) => other.target === each.target && jsonOf(other)[0].id !== jsonOf(each)[0].id),
    );
  },
  'client-errors-as-500': (recorded) =>
    recorded.some((each) => each.answer.status === 500 && jsonOf(each)?.error?.startsWith('415 ')),
  'limits-count-finished-only': (recorded) =>
    recorded.some((each) => each.route === 'GET /api/chats/:chat_id/pdfs' && jsonOf(each)?.total_pdfs > 5),
  'source-name-sanitised': (recorded) => {
    const names = new Set(
      recorded.flatMap((each) => jsonOf(each)?.pdfs?.map((pdf: { name: string }) => pdf.name) ?? []),
    );
    const sources = recorded.flatMap((each) => jsonOf(each)?.sources ?? []) as { source: string }[];
    return sources.some(({ source }) => !names.has(source));
  },
  'local-time-as-utc': (recorded) =>
    recorded.some((each) => {
      const shown = jsonOf(each)?.timestamp;
      return typeof shown === 'string' && Math.abs(Date.parse(shown) - each.recordedAt) > 600_000;
    }),
};

function after(
  recorded: RecordedExchange[],
  key: string,
  // biome-ignore lint/suspicious/noExplicitAny: a recorded answer's JSON is what it is
  shows: (answer: any, later: RecordedExchange[], exchange: RecordedExchange) => boolean,
): boolean {
  return recorded.some((each, i) => {
    return (
      each.route === key && each.answer.status === 200 && shows(jsonOf(each), recorded.slice(i + 1), each)
    );
  });
}

const is = ({ route, target }: RecordedExchange, key: string, chat: string) =>
  route === key && target.includes(chat.replace('/api/chats/', ''));
const listsPdf = (exchange: RecordedExchange, name: string) =>
  (jsonOf(exchange).pdfs as { name: string }[]).some((pdf) => pdf.name === name);

it.each(quirkNames)('have met the quirk %s', (name) => {
  expect(recordings.some(({ exchanges: recorded }) => quirks[name](recorded))).toBe(true);
});

it('hold every id and time field of the route table, and show none that it does not have', () => {
  const { undeclared, unseen } = checkGraph(routeTable, recordings);
  expect(undeclared).toEqual([]);
  expect(unseen.map(({ route, place }) => `${route} ${place}`)).toEqual([]);
});

it('say it where one of them has a field for itself and is gone', () => {
  const others = recordings.filter(({ name }) => name !== 'finished-job');
  // Legacy shows it only where it wins a race that it nearly always loses (job-status-race).
  expect(checkGraph(routeTable, others).unseen.map(({ route, place }) => `${route} ${place}`)).toEqual([
    'GET /api/upload-status/:job_id response $.finished_at',
  ]);
});

const ofWhatPeopleDo: Record<string, (recorded: RecordedExchange[]) => boolean> = {
  'several PDFs in a chat': (recorded) => recorded.some((each) => jsonOf(each)?.total_pdfs > 1),
  tables: (recorded) =>
    recorded.some((each) =>
      jsonOf(each)?.sources?.some((s: { content_type: string }) => s.content_type === 'table'),
    ),
  'pages of several chunks': (recorded) =>
    recorded.some((each) => jsonOf(each)?.pdfs?.some((pdf: { chunks: number }) => pdf.chunks > 5)),
  'texts beyond the BMP': (recorded) => recorded.some((each) => textOf(each).includes('\\ud83')),
  renames: (recorded) =>
    recorded.some(({ route, answer }) => route.startsWith('PUT') && answer.status === 200),
  'the same asked again and again': (recorded) =>
    recorded.some((each) => recorded.filter((other) => other.target === each.target).length > 5),
  'requests that overlap': (recorded) =>
    recorded.some((each) =>
      recorded.some((other) => each !== other && each.start < other.start && other.start < each.end),
    ),
  'a browser': (recorded) =>
    recorded.some(({ rawHeaders }) => rawHeaders.some((h) => h.includes('HeadlessChrome'))),
};

it.each(Object.keys(ofWhatPeopleDo))('have %s', (what) => {
  expect(recordings.some(({ exchanges: recorded }) => ofWhatPeopleDo[what]?.(recorded))).toBe(true);
});
