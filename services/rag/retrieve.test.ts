import { Document } from '@langchain/core/documents';
import { expect, test } from 'vitest';
import { retrieve } from './retrieve.ts';
import type { ChatStore } from './store/chat-store.ts';

/** A store that finds these, the nearest first. */
const storeOf = (near: [text: string, distance: number][]) =>
  ({
    hasDocuments: async () => true,
    similaritySearchWithScore: async () =>
      near.map(([pageContent, distance]) => [new Document({ pageContent }), distance]),
  }) as unknown as ChatStore;

test('chunks that begin with the same hundred characters are shown once, the nearest one, and none takes their place', async () => {
  const [smile, letter] = ['😀'.repeat(99), 'a'.repeat(100)];
  const found = await retrieve(
    storeOf([
      [`${smile}xy`, 0.1],
      [`${smile}yy`, 0.2],
      [`${smile}xz`, 0.3],
      [`${letter}1`, 0.4],
      [`${letter}2`, 0.5],
    ]),
    'a-chat',
    'x',
  );
  expect(found.map(({ text, similarity }) => [text, similarity])).toEqual([
    [`${smile}xy`, 0.95],
    [`${smile}yy`, 0.9],
    [`${letter}1`, 0.8],
  ]);
});

test('the order is by similarity, equal ones as they were found', async () => {
  const found = await retrieve(
    storeOf([
      ['b', 0.4],
      ['a', 0.2],
      ['d', 0.4],
      ['c', 0.2],
    ]),
    'a-chat',
    'x',
  );
  expect(found.map(({ text }) => text)).toEqual(['a', 'c', 'b', 'd']);
});
