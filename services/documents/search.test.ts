import { fromSql } from 'pgvector';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, chunk, vector } from '../db/testing/data.ts';
import { stageChunks } from '../jobs/publish.ts';
import { nearestChunks } from './search.ts';

const unit = (seed: number) => {
  const values = Float32Array.from({ length: 384 }, (_, n) => Math.sin(seed * 97 + n * (seed + 3)));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
};

onBothDatabases((database) => {
  it('finds the nearest chunks of the chat, in the order of an independent computation, with squared distances', async () => {
    const { db } = database;
    const [id, other] = [await aChat(db), await aChat(db)];
    const all = Array.from({ length: 60 }, (_, n) => ({ text: `chunk ${n}`, embedding: unit(n) }));
    for (const part of [all.slice(0, 25), all.slice(25)])
      await aDocument(
        db,
        id,
        `${part.length}.pdf`,
        part.map((each) => chunk(each.text, each.embedding)),
      );
    await aDocument(db, other, 'other.pdf', [chunk('of another chat', unit(0.5))]);
    const query = unit(0.5);
    const distance = (a: Float32Array) => a.reduce((sum, x, n) => sum + (x - (query[n] ?? 0)) ** 2, 0);
    const expected = all
      .map(({ text, embedding }) => ({ text, distance: distance(embedding) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 15);
    const found = await nearestChunks(db, { chatId: id, vector: query, limit: 15 });
    expect(found.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    for (const [n, { distance: d }] of found.entries()) expect(d).toBeCloseTo(expected[n]?.distance ?? 0, 5);
    expect(found[0]?.metadata).toEqual({ page: '1', type: 'text' });
  });

  it('puts equally near ones in the order of documents and of places in them', async () => {
    const { db } = database;
    const id = await aChat(db);
    const same = (name: string) => Array.from({ length: 10 }, (_, n) => chunk(`${name} ${n}`));
    for (const name of ['b', 'a']) await aDocument(db, id, name, same(name));
    const found = await nearestChunks(db, { chatId: id, vector: vector(1), limit: 15 });
    expect(found.map(({ text }) => text)).toEqual(
      [...same('b'), ...same('a')].slice(0, 15).map(({ text }) => text),
    );
    expect(found.every(({ distance }) => distance === 0)).toBe(true);
  });

  it('finds nothing of a document that is not published, nor for an id that is not there', async () => {
    const { db } = database;
    const id = await aChat(db);
    await stageChunks(db, await aClaim(db, id), { first: 0, chunks: [chunk('x')] });
    for (const chatId of [id, 'nobody'])
      expect(await nearestChunks(db, { chatId, vector: vector(1), limit: 15 })).toEqual([]);
  });

  it('keeps every digit of a vector', async () => {
    const { db } = database;
    const id = await aChat(db);
    const values = vector(1e-30, -1.17549435e-38, 0.1, 1 / 3, 16777217, 3.4028234e38, 1e-45);
    await aDocument(db, id, 'a.pdf', [chunk('x', values)]);
    const { embedding } = await db.selectFrom('chunks').select('embedding').executeTakeFirstOrThrow();
    expect(Float32Array.from(fromSql(embedding) as number[])).toEqual(values);
  });

  it('keeps any text and any metadata', async () => {
    const { db } = database;
    const id = await aChat(db);
    const odd = { ...chunk('\0 \ud83d \\ 😀'), metadata: { source: '\0\ud83d\\.pdf', page: '3' } };
    await aDocument(db, id, 'a.pdf', [odd]);
    expect(await nearestChunks(db, { chatId: id, vector: vector(1), limit: 1 })).toEqual([
      { text: odd.text, metadata: odd.metadata, distance: 0 },
    ]);
  });
});
