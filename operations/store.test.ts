import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { makeVoid, outcomeOf, settle } from './store.ts';
import { all, make, onBothDatabases } from './testing/things.ts';

onBothDatabases((database) => {
  it('gives the stored answer again, whatever is in it', async () => {
    const { db } = database;
    const answer = { status: 201, headers: [['A', 'b']], body: '\0 \ud83d \\u0000 😀' };
    const id = randomUUID();
    expect(await outcomeOf(db, id)).toBeUndefined();
    await db.transaction().execute((tx) => settle(tx, id, answer));
    expect(await outcomeOf(db, id)).toEqual({ answer });
  });

  it('undoes the effect of an operation that was done before', async () => {
    const { db } = database;
    const once = (answer: string) =>
      db.transaction().execute(async (tx) => {
        await make(tx, randomUUID());
        await settle(tx, 'operation', answer);
      });
    await once('first');
    await expect(once('second')).rejects.toMatchObject({ code: '23505' });
    expect(await all(db)).toHaveLength(1);
    expect(await outcomeOf(db, 'operation')).toEqual({ answer: 'first' });
  });

  it('makes an operation void, so that a late one has no effect', async () => {
    const { db } = database;
    expect(await makeVoid(db, 'late')).toBe('void');
    const late = db.transaction().execute(async (tx) => {
      await make(tx, randomUUID());
      await settle(tx, 'late', 'done');
    });
    await expect(late).rejects.toMatchObject({ code: '23505' });
    expect(await all(db)).toEqual([]);
    expect(await outcomeOf(db, 'late')).toBe('void');
  });

  it('does not make void what was done', async () => {
    const { db } = database;
    await db.transaction().execute((tx) => settle(tx, 'done', null));
    expect(await makeVoid(db, 'done')).toEqual({ answer: null });
    expect(await outcomeOf(db, 'done')).toEqual({ answer: null });
  });
});
