import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pdf } from '../../legacy/test/support/pdf.ts';
import { engineNames, loadEngine } from './engines/index.ts';
import { tableText } from './loader.ts';
import { readDocument } from './parity/read.ts';
import { type LegacyFunctions, legacyFunctions } from './testing/legacy.ts';
import { setupFolder } from './testing/setup.ts';

let folder: string;
let legacy: LegacyFunctions;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loader-test-'));
  legacy = legacyFunctions(setupFolder);
});
afterAll(async () => {
  legacy.close();
  await rm(folder, { recursive: true });
});

const headers = ['', 'Price', '', 'Note', ''];
const apple = ['apple', '', '1.20', '', 'ripe'];
const pear = ['', '', 'pear', '', ''];
const empty = ['', '', '', '', ''];

describe("a table's text", () => {
  test('has no empty cells in its headers, and keeps the places of empty cells in rows', () => {
    expect(tableText([headers, apple, pear], 3, 2)).toBe(
      'Table 2 on page 3:\nHeaders: Price | Note\napple |  | 1.20 |  | ripe\n |  | pear |  | \n',
    );
  });

  test('has no rows without any content, wherever they are', () => {
    const spread = [headers, empty, apple, empty, empty, pear, empty];
    expect(tableText(spread, 1, 1)).toBe(tableText([headers, apple, pear], 1, 1));
  });

  test('sees no content in a cell that is merged away, or that has nothing but whitespace', () => {
    expect(
      tableText(
        [
          ['a', null, '\u2003'],
          [null, ' ', '\n'],
          ['0', null, ' '],
        ],
        1,
        1,
      ),
    ).toBe('Table 1 on page 1:\nHeaders: a\n0 |  |  \n');
  });

  test('is its first lines alone when nothing has any content', () => {
    expect(tableText([empty, empty], 1, 1)).toBe('Table 1 on page 1:\nHeaders: \n');
  });
});

test.each(engineNames)(
  '%s: tables with empty cells and rows are stored as legacy stores them',
  async (name) => {
    const file = join(folder, `${name}.pdf`);
    const spread = [headers, empty, apple, empty, empty, pear, empty];
    await writeFile(file, pdf({ lines: ['Prices'], tables: [spread, [empty, apple], [empty, empty]] }));
    const { chunks } = await readDocument(file, await loadEngine(name));
    expect(chunks).toEqual((await legacy.call('document', { file })).chunks);
    expect(chunks.filter(({ text }) => text.startsWith('Table'))).toHaveLength(3);
  },
);
