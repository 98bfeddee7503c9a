/** A write is done once, whole, and is answered as it was when it is asked for again. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Answer, type Operation as OperationOf, perform } from './operation.ts';
import { makeVoid } from './store.ts';
import { all, make, onBothDatabases, type Tables } from './testing/things.ts';

type Operation = OperationOf<Tables, object, Answer>;

const isVoid: Answer = { status: 409, json: { error: 'made void' } };
const failure = (status: number, error: string): Answer => ({ status, json: { error } });

onBothDatabases((database) => {
  const once = (
    operationId: string | undefined,
    handle: (operation: Operation) => Promise<Answer> | Answer,
  ) =>
    perform(
      {
        db: database.db,
        ...(operationId !== undefined && { internal: { operationId } }),
        signal: new AbortController().signal,
        whenVoid: isVoid,
      },
      handle,
    );
  const makeThing = ({ commit }: Operation) =>
    commit(async (tx) => {
      const id = randomUUID();
      await make(tx, id);
      return { status: 201, json: { id } };
    });
  const things = async () => (await all(database.db)).length;

  describe('an operation', () => {
    it('is done once under its name, and answered as it was', async () => {
      const first = await once('one', makeThing);
      expect(await once('one', makeThing)).toEqual(first);
      expect(await things()).toBe(1);
    });

    it('is done each time where it has no name', async () => {
      for (let i = 0; i < 2; i++) await once(undefined, makeThing);
      expect(await things()).toBe(2);
    });

    it('is done once by all who ask for it at the same time, and all get the one answer', async () => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => once('same', makeThing)));
      expect(await things()).toBe(1);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    });

    it('answers a refusal again too, though it would be taken by now', async () => {
      expect(await once('refused', () => failure(400, 'no'))).toEqual(failure(400, 'no'));
      expect(await once('refused', makeThing)).toEqual(failure(400, 'no'));
      expect(await things()).toBe(0);
    });

    it('has no effect once it was made void, before its start or in the middle of it', async () => {
      await makeVoid(database.db, 'void');
      expect(await once('void', makeThing)).toEqual(isVoid);
      const late = await once('late', async (operation) => {
        await makeVoid(database.db, 'late');
        return makeThing(operation);
      });
      expect(late).toEqual(isVoid);
      expect(await things()).toBe(0);
    });

    it('has no effect where its unit of work fails at the end, and can be asked for again', async () => {
      const failing = once('failing', ({ commit }) =>
        commit(async (tx) => {
          await make(tx, randomUUID());
          throw new Error('the end');
        }),
      );
      await expect(failing).rejects.toThrow('the end');
      expect(await things()).toBe(0);
      await once('failing', makeThing);
      expect(await things()).toBe(1);
    });

    it('has no effect where it was called off before its unit of work', async () => {
      const called = new AbortController();
      const options = { db: database.db, signal: called.signal, whenVoid: isVoid };
      const work = perform(options, (operation: Operation) => {
        called.abort(new Error('called off'));
        return makeThing(operation);
      });
      await expect(work).rejects.toThrow('called off');
      expect(await things()).toBe(0);
    });
  });
});
