import { TextSplitter } from '@langchain/textsplitters';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { splitIntoWindows, WordWindowSplitter } from './split.ts';
import { type LegacyFunctions, legacyFunctions } from './testing/legacy.ts';
import { seeded, setupFolder } from './testing/setup.ts';

let legacy: LegacyFunctions;
beforeAll(() => {
  legacy = legacyFunctions(setupFolder);
});
afterAll(() => legacy.close());

const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join(' ');

test.each([1, 199, 200, 201, 999, 1000, 1001, 1199, 1200, 1201, 1800, 1801, 2000, 2001, 2600, 2601, 9999])(
  'a page of %i words is cut where legacy cuts it',
  async (count) => {
    const text = words(count);
    expect(splitIntoWindows(text)).toEqual(await legacy.call('split_text', text));
  },
);

test('words end at what Python calls whitespace, and nowhere else', async () => {
  const separators = [' ', '  ', '\x1c', '\x85', '\xa0', '\u2003', '\u3000', '\u200b', '\ufeff', '\u180e'];
  const below = seeded(3);
  for (let round = 0; round < 20; round++) {
    const text = Array.from(
      { length: 900 + below(600) },
      (_, i) => `${i}${separators[below(separators.length)]}`,
    ).join('');
    expect(splitIntoWindows(text)).toEqual(await legacy.call('split_text', text));
  }
});

test('a page of up to 1,000 words keeps its doubled blanks; a longer one loses them', () => {
  expect(splitIntoWindows('a  b')).toEqual(['a  b']);
  expect(splitIntoWindows(words(1001).replaceAll(' ', '  '))[0]).toBe(words(1000));
});

test("it is one of LangChain's splitters, of any size", async () => {
  const splitter = new WordWindowSplitter({ size: 3, overlap: 1 });
  expect(splitter).toBeInstanceOf(TextSplitter);
  expect(await splitter.splitText('a b c d e f')).toEqual(['a b c', 'c d e', 'e f']);
  const documents = await splitter.createDocuments(['a b c d'], [{ page: '7' }]);
  expect(documents.map(({ pageContent, metadata }) => [pageContent, metadata.page])).toEqual([
    ['a b c', '7'],
    ['c d', '7'],
  ]);
});
