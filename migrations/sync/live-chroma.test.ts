/** Chroma's records, read beside a Chroma that writes. */
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { python } from '../../tools/setup/testing/places.ts';
import { openChroma } from '../import/chroma/chroma.ts';
import { aDocument, makeChroma } from '../import/testing/chroma-folder.ts';
import { type LiveChroma, liveChroma } from './live-chroma.ts';
import { startWriter } from './testing/writer.ts';

let folder: string;
let live: LiveChroma;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-chroma-'));
  await makeChroma(folder, [
    { name: 'chat_small', records: aDocument('s', 's.pdf', 20) },
    // Most of its vectors are in Chroma's index files alone, the last ones in SQLite alone.
    { name: 'chat_large', records: aDocument('l', 'l.pdf', 1300), pieces: 290 },
    { name: 'chat_wide', dimension: 768, records: aDocument('w', 'w.pdf', 3) },
    {
      name: 'chat_odd',
      records: [
        { id: 'none', document: null, metadata: null },
        { id: 'types', document: '\u{1f600} ', metadata: { a: 1, b: 1.5, c: true, d: false, e: '', f: 0 } },
      ],
    },
    { name: 'chat_empty', records: [] },
    { name: 'chat_broken', records: aDocument('b', 'b.pdf', 2100) },
  ]);
  live = liveChroma(join(folder, 'chroma_db'), async () => python);
}, 120_000);
afterAll(async () => {
  await live.close();
  await rm(folder, { recursive: true });
});

const bytesOf = (vector: Float32Array) => Buffer.from(Float32Array.from(vector).buffer).toString('base64');

it('reads what Chroma reads on a copy, to the last bit', async () => {
  const chroma = await openChroma({ folder: join(folder, 'chroma_db'), copy: join(folder, 'copy'), python });
  expect(await live.collections()).toEqual(chroma.collections);
  expect(await live.collections(['chat_small', 'chat_none'])).toMatchObject([
    { name: 'chat_small', count: 20 },
  ]);
  for (const collection of chroma.collections) {
    const { ages, embeddings, ...records } = await live.read(collection.name);
    const copied = await chroma.read(collection);
    expect({ ...copied, embeddings: undefined }).toEqual({ ...records, embeddings: undefined });
    expect(embeddings.map(bytesOf)).toEqual(copied.embeddings.map(bytesOf));
    expect(ages.every((age) => age >= 0 && age < 600)).toBe(true);
    expect(ages).toHaveLength(records.ids.length);
  }
  await chroma.close();
}, 120_000);

it('says which collection it cannot read, and reads the others', async () => {
  const inside = join(folder, 'chroma_db');
  const names = (await readdir(inside, { recursive: true })).filter((name) =>
    name.endsWith('data_level0.bin'),
  );
  const sized = await Promise.all(names.map(async (name) => ({ name, ...(await stat(join(inside, name))) })));
  const [largest] = sized.sort((a, b) => b.size - a.size);
  await truncate(join(inside, largest?.name ?? ''), 1000);
  await expect(live.read('chat_broken')).rejects.toThrow(/^Chroma's collection chat_broken cannot be read: /);
  expect((await live.read('chat_large')).ids).toHaveLength(1300);
  expect((await live.read('chat_small')).ids).toHaveLength(20);
}, 60_000);

it('has nothing of a collection that does not exist, nor where there is no folder yet', async () => {
  expect((await live.read('chat_none')).ids).toEqual([]);
  const nothing = liveChroma(join(folder, 'nowhere'), () => Promise.reject(new Error('nobody asks for it')));
  expect([await nothing.collections(), (await nothing.read('x')).ids]).toEqual([[], []]);
  await nothing.close();
});

/** The writer's vectors are of unit length. */
const isWhole = (vector: Float32Array) =>
  vector.length === 384 && Math.abs(vector.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-4;

it('reads whole documents while Chroma adds them, moves vectors to its index and drops collections', async () => {
  const busy = await mkdtemp(join(tmpdir(), 'busy-chroma-'));
  const writer = await startWriter('chroma_writer.py', busy);
  const reader = liveChroma(busy, async () => python);
  let grown = 0;
  const sizes = new Set<number>();
  for (let round = 0; grown < 1200 && round < 500; round++) {
    for (const name of ['chat_grows', 'chat_comes-and-goes']) {
      const { ids, documents, embeddings } = await reader.read(name);
      expect(ids.length % 50).toBe(0);
      expect(embeddings).toHaveLength(ids.length);
      expect(embeddings.filter((vector) => !isWhole(vector))).toEqual([]);
      if (name === 'chat_comes-and-goes') continue;
      expect(documents).toEqual(ids.map((_, n) => `chat_grows ${Math.floor(n / 50)} ${n % 50}`));
      expect(ids.length).toBeGreaterThanOrEqual(grown);
      grown = ids.length;
      sizes.add(grown);
    }
  }
  // Chroma never had to wait for longer than it waits.
  const added = await writer.stop();
  expect(grown).toBeGreaterThanOrEqual(1200);
  expect(sizes.size).toBeGreaterThan(5);
  expect((await reader.read('chat_grows')).ids).toHaveLength(added * 50);
  await reader.close();
  await rm(busy, { recursive: true });
}, 120_000);
