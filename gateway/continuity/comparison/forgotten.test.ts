/** What legacy lacks after a restart, put back into its answer. */
import { expect, it } from 'vitest';
import type { StoredAnswer } from '../protocol/entry.ts';
import { withForgotten } from './forgotten.ts';

const answer = (json: unknown, status = 200): StoredAnswer => {
  const body = Buffer.from(JSON.stringify(json));
  return { status, reason: 'OK', rawHeaders: ['Content-Length', String(body.byteLength)], body };
};
const docs = (done: string[], waiting: string[]) =>
  answer({ done, waiting, total: done.length + waiting.length });
const places = { lists: ['$.done', '$.waiting'], counts: ['$.total'] } as const;
const filled = (legacy: StoredAnswer, fresh: StoredAnswer) => {
  const forgotten = { lists: [...places.lists], counts: [...places.counts] };
  const { answer: found, lacks } = withForgotten(forgotten, legacy, fresh);
  return { json: JSON.parse(Buffer.from(found.body).toString()) as unknown, found, lacks };
};

it('counts what it puts back, beside what legacy alone shows', () => {
  const { json, found, lacks } = filled(docs(['c'], ['c']), docs(['a', 'b', 'c'], []));
  expect(json).toEqual({ done: ['a', 'b', 'c'], waiting: ['c'], total: 4 });
  expect(lacks.map(({ right }) => right)).toEqual(['"a"', '"b"']);
  expect(found.rawHeaders[1]).toBe(String(found.body.byteLength));
});

it.each([
  ['an element that the new backend does not have', docs(['x'], [])],
  ['another order', docs(['b', 'a'], [])],
  ['another status', answer({ done: [], waiting: [], total: 0 }, 404)],
])('leaves the answer as it is where legacy shows %s', (_, legacy) => {
  expect(withForgotten({ lists: ['$.done'] }, legacy, docs(['a', 'b'], []))).toEqual({
    answer: legacy,
    lacks: [],
  });
});

it('takes the status for the whole answer where the route table names it', () => {
  const fresh = answer({ job: 1 });
  const gone = answer({ error: 'Job not found' }, 404);
  expect(withForgotten({ status: 404 }, gone, fresh)).toMatchObject({
    answer: fresh,
    lacks: [{ place: 'status', left: '404', right: '200' }],
  });
  expect(withForgotten({ status: 404 }, gone, gone).lacks).toEqual([]);
});
