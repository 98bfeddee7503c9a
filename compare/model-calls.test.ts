import { expect, it } from 'vitest';
import { compareModelCalls, type ModelCallSeen } from './model-calls.ts';

const call = (texts: [role: string, text: string][], over: object = {}): ModelCallSeen => ({
  model: 'models/m',
  request: { contents: texts.map(([role, text]) => ({ role, parts: [{ text }] })), ...over },
});
const asked = call([
  ['user', 'one'],
  ['model', 'two'],
  ['user', 'What is it?'],
]);
const places = (right: ModelCallSeen[], left: ModelCallSeen[] = [asked]) =>
  compareModelCalls(left, right).map(({ kind, place }) => `${kind} at ${place}`);

it('finds nothing between calls that say the same', () => {
  expect(places([structuredClone(asked)])).toEqual([]);
  expect(places([{ ...asked, request: { ...asked.request, generationConfig: {}, tools: [] } }])).toEqual([]);
});

it.each<[fault: string, right: ModelCallSeen[], found: string[]]>([
  ['no call', [], ['length at model calls']],
  ['a call more', [asked, asked], ['length at model calls']],
  ['another model', [{ ...asked, model: 'models/n' }], ['value at model call 1 model']],
  [
    'another text',
    [
      call([
        ['user', 'one'],
        ['model', 'two'],
        ['user', 'What was it?'],
      ]),
    ],
    ['value at model call 1 $.contents[2].parts[0].text'],
  ],
  [
    'another role',
    [
      call([
        ['user', 'one'],
        ['user', 'two'],
        ['user', 'What is it?'],
      ]),
    ],
    ['value at model call 1 $.contents[1].role'],
  ],
  ['a turn less', [call([['user', 'What is it?']])], ['length at model call 1 $.contents']],
  [
    'another order',
    [
      call([
        ['model', 'two'],
        ['user', 'one'],
        ['user', 'What is it?'],
      ]),
    ],
    [
      'value at model call 1 $.contents[0].role',
      'value at model call 1 $.contents[0].parts[0].text',
      'value at model call 1 $.contents[1].role',
      'value at model call 1 $.contents[1].parts[0].text',
    ],
  ],
  [
    'a setting',
    [{ ...asked, request: { ...asked.request, generationConfig: { temperature: 0 } } }],
    ['extra at model call 1 $.generationConfig'],
  ],
])('finds %s, at its place', (_, right, found) => {
  expect(places(right)).toEqual(found);
});

it('shows where two long prompts part', () => {
  const long = (end: string) => call([['user', `${'x'.repeat(500)}${end}${'y'.repeat(500)}`]]);
  const [difference] = compareModelCalls([long('left')], [long('right')]);
  expect(difference?.left).toMatch(/^"…x{40}lefty+…"$/);
  expect(difference?.note).toBe('from character 501; 1004 and 1005 characters');
});
