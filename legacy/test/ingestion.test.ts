import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { addPdf, docs, failedIngestions, newChat, pdfs, say, upload } from './support/client.ts';
import { type Page, pdf } from './support/pdf.ts';
import { python, support } from './support/places.ts';
import type { Source } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** Every chunk of a PDF of these pages, 15 at most, texts before tables, by page. */
async function chunksOf(...pages: (string | Page)[]): Promise<Source[]> {
  const { id } = await newChat(app);
  await addPdf(app, id, 'test.pdf', pdf(...pages));
  const { sources } = await say(app, id, 'everything');
  return sources.sort(
    (a, b) =>
      b.content_type.localeCompare(a.content_type) ||
      Number(a.page) - Number(b.page) ||
      a.full_content.localeCompare(b.full_content),
  );
}
const textsOf = async (...pages: (string | Page)[]) =>
  (await chunksOf(...pages)).map(({ full_content }) => full_content);

async function fails(name: string, content: Uint8Array): Promise<string> {
  const { id } = await newChat(app);
  const failed = app.lines.filter((line) => line.startsWith('Exception: Failed')).length;
  expect((await upload(app, id, name, content)).status).toBe(202);
  await failedIngestions(app, failed + 1);
  expect((await pdfs(app, id)).pdfs).toEqual([]);
  expect((await docs(app, id)).pdfs).toEqual([]);
  return id;
}

const made = async (kind: 'encrypted' | 'scan'): Promise<Buffer> =>
  (await promisify(execFile)(python, [join(support, 'make_pdf.py'), kind], { encoding: 'buffer' })).stdout;

const words = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `w${10_000 + from + i}`);
const range = (from: number, to: number) => words(to - from, from).join(' ');

describe('chunks', () => {
  it('are one for each page that has text, with the page in their sources', async () => {
    const sources = await chunksOf('The first page.', { lines: [] }, 'The third page.');
    expect(sources.map(({ page, location, full_content }) => [page, location, full_content])).toEqual([
      ['1', 'Page 1', 'The first page.'],
      ['3', 'Page 3', 'The third page.'],
    ]);
  });

  it('of 1,000 words are the whole page', async () => {
    expect(await textsOf(range(0, 1000))).toEqual([range(0, 1000)]);
  });

  it('of a longer page are windows of 1,000 words, 200 overlapping', async () => {
    expect(await textsOf(range(0, 1001))).toEqual([range(0, 1000), range(800, 1001)]);
    expect(await textsOf(range(0, 2300))).toEqual([range(0, 1000), range(800, 1800), range(1600, 2300)]);
  });

  it('stop once the next would start within 200 words of the end', async () => {
    expect(await textsOf(range(0, 1800))).toEqual([range(0, 1000), range(800, 1800)]);
    expect(await textsOf(range(0, 1801))).toEqual([range(0, 1000), range(800, 1800), range(1600, 1801)]);
  });

  it('never span pages', async () => {
    expect(await textsOf(range(0, 600), range(600, 1200))).toEqual([range(0, 600), range(600, 1200)]);
  });

  it('are counted in the lists', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'a.pdf', pdf(range(0, 1801), 'And another page.'));
    expect((await pdfs(app, id)).pdfs).toEqual([{ name: 'a.pdf', chunks: 4, status: 'active' }]);
  });
});

describe('cleaning', () => {
  it('makes one space of each run of whitespace, line ends too', async () => {
    expect(await textsOf({ lines: ['one  two', 'three\u00a0\u2003four', 'five'] })).toEqual([
      'one two three four five',
    ]);
  });

  it('keeps word characters and the listed punctuation', async () => {
    const kept = 'a_Z09 . , ; : ! ? - ( ) [ ] " \' / @ # $ % & * + = end';
    expect(await textsOf({ lines: [kept] })).toEqual([kept]);
  });

  it('makes a space of every other character, after the runs were joined, so doubled spaces survive', async () => {
    expect(await textsOf({ lines: ['a|b <c> {d} e^f ~ g\\h `i`', '© j — k • l€m', '“n” ‘o’ … ™p'] })).toEqual(
      ['a b  c   d  e f   g h  i    j   k   l m  n   o     p'],
    );
  });

  it("keeps letters and digits of every script, as Python's re has them", async () => {
    const kept = 'déjà Straße Ωμέγα Москва 日本語 한국어 ३४ x² ½ ª';
    expect(await textsOf({ lines: [kept] })).toEqual([kept]);
  });

  it('makes spaces of combining marks and invisible characters', async () => {
    expect(await textsOf({ lines: ['a\u20ddb', 'c\u200bd', 'e\u0903f'] })).toEqual(['a b c d e f']);
  });

  it('of a long page leaves single spaces between its words', async () => {
    const [first] = await textsOf(`a • b ${range(0, 1000)}`);
    expect(first).toBe(`a b ${range(0, 998)}`);
  });

  it('strips the ends', async () => {
    expect(await textsOf({ lines: ['• item •'] })).toEqual(['item']);
  });

  it('that leaves nothing of a page leaves no chunk', async () => {
    expect(await textsOf({ lines: ['••• ———'] }, 'But this.')).toEqual(['But this.']);
  });
});

describe('tables', () => {
  const fruit = [
    ['Fruit', 'Price', 'Note'],
    ['apple', '1.20', ''],
    ['pear | plum', '$3', '50%'],
  ];

  it('come as a numbered line, the headers and the rows, cleaned', async () => {
    const sources = await chunksOf('A page before it.', { lines: ['Prices'], tables: [fruit] });
    const table = sources.filter(({ content_type }) => content_type === 'table');
    expect(table).toEqual([
      {
        id: expect.any(Number),
        source: 'test.pdf',
        location: 'Page 2, Table',
        doc_type: 'pdf',
        content_type: 'table',
        // A bar and the spaces at its sides are three spaces.
        content: 'Table 1 on page 2: Headers: Fruit   Price   Note apple   1.20   pear   plum   $3   50%',
        full_content:
          'Table 1 on page 2: Headers: Fruit   Price   Note apple   1.20   pear   plum   $3   50%',
        page: '2',
      },
    ]);
    expect(sources.map(({ content_type }) => content_type)).toHaveLength(3);
  });

  it('are numbered on their page, and those of one row are left out but counted', async () => {
    const one = [['only', 'headers']];
    const tables = (await chunksOf({ tables: [fruit, one, fruit.slice(0, 2)] }, { tables: [fruit] }))
      .filter(({ content_type }) => content_type === 'table')
      .map(({ full_content }) => full_content.slice(0, 41));
    expect(tables.sort()).toEqual([
      'Table 1 on page 1: Headers: Fruit   Price',
      'Table 1 on page 2: Headers: Fruit   Price',
      'Table 3 on page 1: Headers: Fruit   Price',
    ]);
  });

  const gaps = [
    ['', 'Price', '', 'Note', ''],
    ['apple', '', '1.20', '', 'ripe'],
    ['', '', 'pear', '', ''],
  ];
  const empty = ['', '', '', '', ''];
  const tablesOf = async (...tables: string[][][]) =>
    (await chunksOf({ tables }))
      .filter(({ content_type }) => content_type === 'table')
      .map(({ full_content }) => full_content);

  it('leave empty cells out of the headers, at the ends too, and keep their places in rows', async () => {
    // Each empty cell in a row leaves its bar, and two spaces more.
    expect(await tablesOf(gaps)).toEqual([
      'Table 1 on page 1: Headers: Price   Note apple     1.20     ripe     pear',
    ]);
  });

  it('leave out rows without any content, wherever they are', async () => {
    const [headers = [], apple = [], pear = []] = gaps;
    const spread = [headers, empty, apple, empty, empty, pear, empty];
    expect(await tablesOf(spread)).toEqual(await tablesOf(gaps));
  });

  it('of empty headers, of one row and empty ones, and without any content, still are tables', async () => {
    const [headers = []] = gaps;
    expect(await tablesOf([empty, ['a', 'b', 'c', 'd', 'e']], [headers, empty], [empty, empty])).toEqual([
      'Table 1 on page 1: Headers: a   b   c   d   e',
      'Table 2 on page 1: Headers: Price   Note',
      'Table 3 on page 1: Headers:',
    ]);
  });

  it('are one chunk each, however long', async () => {
    const rows = Array.from({ length: 120 }, (_, i) => range(i * 10, i * 10 + 10).split(' '));
    const tables = (await chunksOf({ tables: [rows] })).filter(
      ({ content_type }) => content_type === 'table',
    );
    expect(tables).toHaveLength(1);
    expect(tables[0]?.full_content.split(' ').filter((word) => word.startsWith('w'))).toEqual(words(1200));
  });
});

describe('an ingestion fails with the same words', () => {
  it('for a PDF that needs a password', async () => {
    await fails('secret.pdf', await made('encrypted'));
  });

  it('for a PDF without any text', async () => {
    await fails('blank.pdf', pdf({ lines: [] }));
  });

  it('for a PDF of which cleaning leaves nothing', async () => {
    await fails('dots.pdf', pdf({ lines: ['•••'] }));
  });

  it('for a file that is something else', async () => {
    await fails('page.pdf', Buffer.from('<!doctype html><title>Hello</title>'));
  });

  it('and the chat can take the same name again', async () => {
    const id = await fails('a.pdf', Buffer.from('nothing'));
    await addPdf(app, id, 'a.pdf', pdf('Now it is one.'));
  });
});

it('a scan is read by OCR where tesseract is installed, and fails where it is not', async () => {
  const installed = await promisify(execFile)('tesseract', ['--version']).then(
    () => true,
    () => false,
  );
  const scan = await made('scan');
  if (!installed) return void (await fails('scan.pdf', scan));
  const { id } = await newChat(app);
  await addPdf(app, id, 'scan.pdf', scan);
  const { sources } = await say(app, id, 'walrus');
  expect(sources).toMatchObject([
    { full_content: 'The scanned walrus', location: 'Page 1', content_type: 'text' },
  ]);
});

it('at most 2,000 chunks of a document are kept, the first ones', { timeout: 90_000 }, async () => {
  const pages = Array.from({ length: 2001 }, (_, i) => ({ lines: [i === 2000 ? 'zebra zebra' : `no ${i}`] }));
  const { id } = await newChat(app);
  await upload(app, id, 'long.pdf', pdf(...pages));
  await expect
    .poll(async () => (await pdfs(app, id)).pdfs, { timeout: 80_000, interval: 200 })
    .toEqual([{ name: 'long.pdf', chunks: 2000, status: 'active' }]);
  const { sources } = await say(app, id, 'zebra zebra');
  expect(sources.map(({ full_content }) => full_content)).not.toContain('zebra zebra');
});
