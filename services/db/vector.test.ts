import { pgliteOf } from '@banyan/operations/db/connect.ts';
import { chance } from '@banyan/operations/testing/random.ts';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { onBothDatabases, onPGlite } from './testing/both.ts';
import { aChat, aDocument, chunk, vector } from './testing/data.ts';
import type { Db } from './transaction.ts';
import { toVector } from './vector.ts';

/** What the database has stored, bit for bit. */
async function stored(db: Db): Promise<string[]> {
  const { rows } = await sql<{ bytes: string }>`
    select encode(vector_send(embedding), 'hex') as bytes from banyan.chunks order by id`.execute(db);
  return rows.map(({ bytes }) => bytes);
}

/** `vector_send`: two 16-bit numbers, then the floats. */
function sent(values: ArrayLike<number>): string {
  const bytes = new DataView(new ArrayBuffer(4 + 4 * values.length));
  bytes.setUint16(0, values.length);
  for (let n = 0; n < values.length; n++) bytes.setFloat32(4 + 4 * n, values[n] ?? 0);
  return Buffer.from(bytes.buffer).toString('hex');
}

/** Finite floats of any bits, subnormal ones too; no negative zero. */
function anyFloats(seed: number): Float32Array {
  const random = chance(seed);
  const floats = new Float32Array(Uint32Array.from({ length: 384 }, () => random.below(2 ** 32)).buffer);
  return floats.map((each) => (Number.isFinite(each) && each !== 0 ? each : 1e-45));
}

onBothDatabases((database) => {
  it('stores any vector bit for bit', async () => {
    const { db } = database;
    const all = Array.from({ length: 12 }, (_, seed) => anyFloats(seed));
    const edges = [
      1e-45,
      -1e-45,
      1.17549435e-38,
      3.4028234e38,
      -3.4028234e38,
      0.1,
      1 / 3,
      16777217,
      1e21,
      1e-7,
    ];
    all.push(vector(...edges));
    const chunks = all.map((each, n) => chunk(`chunk ${n}`, each));
    await aDocument(db, await aChat(db), 'a.pdf', chunks);
    expect(await stored(db)).toEqual(all.map(sent));
  });

  it('rounds a number of 64 bits to the nearest of 32, a number in the middle to the even one', async () => {
    const { db } = database;
    const middle = 1 + 2 ** -24;
    const values = Array.from({ length: 384 }, (_, n) => [middle, middle + 2 ** -52, 0.1, 1 / 3][n] ?? 0);
    await aDocument(db, await aChat(db), 'a.pdf', [chunk('x', values)]);
    expect(await stored(db)).toEqual([sent(values)]);
  });

  it('stores a negative zero as zero', async () => {
    const { db } = database;
    await aDocument(db, await aChat(db), 'a.pdf', [chunk('x', vector(1, -0))]);
    expect(await stored(db)).toEqual([sent(vector(1, 0))]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e39])('refuses a vector with %s in it', async (odd) => {
    const values = Array.from(vector(1), (each, n) => (n === 7 ? odd : each));
    const statement = sql`select ${toVector(values)}::vector`.execute(database.db);
    await expect(statement).rejects.toThrow('invalid input syntax for type vector');
  });

  it('leaves a text that is no vector to the database, which says what is wrong', async () => {
    for (const text of ['', 'x', '{1:1}/2', '[', '[1,x]'])
      await expect(sql`select ${text}::vector`.execute(database.db)).rejects.toThrow(/type vector/);
    await expect(sql`select ${'[1,2]'}::vector(3)`.execute(database.db)).rejects.toThrow(
      'expected 3 dimensions',
    );
  });
});

onPGlite((database) => {
  it('gets vectors in binary form, which it reads faster than text', async () => {
    const pglite = (await pgliteOf(database.db)) ?? expect.fail('it is not PGlite');
    const { rows } = await pglite.query<{ oid: number }>("select 'vector'::regtype::oid::int as oid");
    const serialize = pglite.serializers[rows[0]?.oid ?? 0] ?? expect.fail('vectors have no serializer');
    const values = anyFloats(1);
    expect(Buffer.from(serialize(toVector(values)) as never).toString('hex')).toBe(sent(values));
  });
});
