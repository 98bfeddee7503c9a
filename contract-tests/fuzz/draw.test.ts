/** What the generator draws for the chatbot. */
import { sequences } from '@banyan/suite/fuzz/draw/sequences.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { chatbot } from './chatbot.ts';

it('draws the same sequence for the same seed, and another one for another', () => {
  const drawn = (seed: number) => fc.sample(sequences(routeTable, chatbot), { seed, numRuns: 5 });
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
});

it('draws every route, with good bodies and bad ones', () => {
  const drawn = fc.sample(sequences(routeTable, chatbot), { seed: 1, numRuns: 200 }).flat();
  for (const { method, path } of routeTable.routes) {
    const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}(?:\\?|$)`);
    expect(
      drawn.filter((each) => each.method === method && pattern.test(each.target)).length,
    ).toBeGreaterThan(5);
  }
  const renames = drawn.filter(({ method, target }) => method === 'PUT' && target.includes('/rename'));
  const isTitle = (body: Buffer | undefined) => /^\s*\{\s*"title":\s*"[^"\\]+"\s*\}$/.test(String(body));
  expect(renames.filter(({ body }) => isTitle(body)).length).toBeGreaterThan(20);
  expect(renames.filter(({ body }) => !isTitle(body)).length).toBeGreaterThan(20);
  expect(drawn.some(({ body }) => body?.includes('name="pdf"; filename="walrus.pdf"'))).toBe(true);
});
