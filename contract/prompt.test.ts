import { expect, it } from 'vitest';
import { type PromptWording, promptEndings, promptOf, promptWording } from './prompt.ts';
import { routeTable } from './routes.ts';

const chunks = [
  { number: 1, source: 'a.pdf', location: 'Page 3', text: 'Figs are sweet.' },
  { number: 2, source: 'b.pdf', location: 'Page 1, Table', text: 'Fig   2' },
];

const wordings: [string, PromptWording, { alone: string; withChunks: string; endings: string[] }][] = [
  [
    'another language, and nothing behind the message',
    {
      withoutContext: 'Bitte beantworte: {message}',
      withContext: 'Quellen:\n{context}\nFrage: {message}',
      chunk: '({number}) {source}, {location}: {text}',
      betweenChunks: '\n',
    },
    {
      alone: 'Bitte beantworte: Why {context}?',
      withChunks:
        'Quellen:\n(1) a.pdf, Page 3: Figs are sweet.\n(2) b.pdf, Page 1, Table: Fig   2\nFrage: Why {context}?',
      endings: ['Bitte beantworte: {message}', '\nFrage: {message}'],
    },
  ],
  [
    'the message twice, and braces that are no placeholders',
    {
      withoutContext: '{message}',
      withContext: '{message}\n<docs>{context}</docs>\n{message}\nAs JSON: {"answer": {constructor}}',
      chunk: '<doc n="{number}">{text}</doc>',
      betweenChunks: '',
    },
    {
      alone: 'Why {context}?',
      withChunks:
        'Why {context}?\n<docs><doc n="1">Figs are sweet.</doc><doc n="2">Fig   2</doc></docs>\nWhy {context}?\nAs JSON: {"answer": {constructor}}',
      endings: ['{message}', '</docs>\n{message}\nAs JSON: {"answer": {constructor}}'],
    },
  ],
];

it.each(wordings)('the prompts and their endings follow one wording: %s', (_, wording, expected) => {
  expect(promptOf('Why {context}?', [], wording)).toBe(expected.alone);
  expect(promptOf('Why {context}?', chunks, wording)).toBe(expected.withChunks);
  expect(promptEndings(wording)).toEqual(expected.endings);
});

it('takes every brace and pattern in messages, names and texts as it is', () => {
  const odd = '{message} {context} {text} {number} $& $1 $` {{}}';
  const prompt = promptOf(odd, [{ number: 1, source: odd, location: odd, text: odd }]);
  expect(prompt).toContain(`Context:\n[Source 1: ${odd} - ${odd}]\n${odd}\n\nQuestion: ${odd}\n\nRules:`);
});

it('refuses a wording whose prompts the relay could not tie to their messages', () => {
  const questionFirst = 'Question: {message}\n\nContext:\n{context}\n\nBe concise.';
  expect(() => promptEndings({ ...promptWording, withContext: questionFirst })).toThrow(/after \{context\}/);
  expect(() => promptEndings({ ...promptWording, withoutContext: 'Hello!' })).toThrow(/must say \{message\}/);
  expect(() => promptEndings({ ...promptWording, withContext: '{message}' })).toThrow(
    /does not say \{context\}/,
  );
});

it('the route table ties model calls by the endings of the wording that the new backend uses', () => {
  const templates = routeTable.routes.flatMap(({ relay }) => relay?.lastTurn ?? []);
  expect(templates).toEqual(promptEndings(promptWording));
});
