import { expect, test } from 'vitest';
import { asking, callRelay, testRelay } from '../testing.ts';
import { answerTo, STAND_IN_MARKER } from './answer.ts';
import { sentencesOf } from './sentences.ts';
import { plainVoice, type StandInVoice } from './voice.ts';
import { wordsOf } from './words.ts';

/** Of an application whose prompts are a line of context and a line with the question. */
const twoLines: StandInVoice = {
  ...plainVoice,
  read(prompt) {
    const [text = '', question = ''] = prompt.split('\n');
    return { blocks: [{ source: 7, text }], question };
  },
  withoutFit: ['Nothing fits.'],
  fitting: 'It fits:',
  quote: (text, source) => `(${source}) ${text}`,
};

test('an application says how its prompts are read and what is answered', () => {
  const prompt = 'The seal is red. The pump is blue.\nWhich seal?';
  expect(answerTo(prompt, twoLines)).toEqual([`${STAND_IN_MARKER} It fits:`, '\n\n(7) The seal is red.']);
  expect(answerTo('The seal is red.\nWho won?', twoLines)).toEqual([`${STAND_IN_MARKER} Nothing fits.`]);
});

test('without, it says that it is none, and quotes nothing', async () => {
  const relay = await testRelay({ kind: 'stand-in' });
  const text = await (await callRelay(relay, asking('The seal is red.\nWhich seal?'))).text();
  expect(text).toContain(`${STAND_IN_MARKER} No language model is configured.`);
  expect(text).not.toContain('seal');
});

test.each([
  [
    'Dr. Smith came at 3.5 p.m. yesterday! "Really?" she asked.',
    ['Dr. Smith came at 3.5 p.m. yesterday!', '"Really?" she asked.'],
  ],
  ['Am 3. Mai beginnt sie. Ende.', ['Am 3. Mai beginnt sie.', 'Ende.']],
  ['一つ。二つ！「三つ。」四つ', ['一つ。', '二つ！', '「三つ。」', '四つ']],
  ['  One\n two.\tThree?  ', ['One two.', 'Three?']],
  ['', []],
])('“%s” is split into its sentences', (text, sentences) => {
  expect(sentencesOf(text)).toEqual(sentences);
});

test('a run of words without an end is cut', () => {
  expect(sentencesOf(Array(150).fill('w').join(' ')).map((piece) => piece.split(' ').length)).toEqual([
    60, 60, 30,
  ]);
});

test.each([
  ['Warranties, WARRANTY', ['warranty', 'warranty']],
  ['service serviced servicing', ['servic', 'servic', 'servic']],
  ['running runs', ['run', 'run']],
  ['What is the company’s', ['company']],
  ['Prolongée ﬁlter ２４', ['prolonge', 'filter', '24']],
  ['保証期', ['保証', '証期']],
])('the words of “%s” are compared as %o', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});
