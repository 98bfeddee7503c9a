import { expect, it } from 'vitest';
import { parseBody } from './parse-body.ts';

const parse = (text: string) => parseBody(Buffer.from(text));

it('reads what Python writes and JavaScript refuses, and texts as they are', () => {
  expect(parse('{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, \\"Infinity\\" \\\\"}')).toEqual({
    a: Number.NaN,
    b: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    c: 'NaN, "Infinity" \\',
  });
  expect(parse('\ufeff{"a": 1}')).toEqual({ a: 1 });
  expect(parse(`{"long": "${'x\\n'.repeat(1_000_000)}", "a": NaN}`)).toMatchObject({ a: Number.NaN });
});

it.each(['', '{', 'NaN NaN', '<html>', '{"a": nan}', '{"a": "b}', '{"a": -NaN}'])(
  'takes %j for no JSON',
  (text) => {
    expect(parse(text)).toBeUndefined();
  },
);
