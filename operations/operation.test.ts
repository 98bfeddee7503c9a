/** A write is done once, whole, and is answered as it was when it is asked for again. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createChat, listChats } from '../services/chats/store.ts';
import { onBothDatabases } from '../services/db/testing/both.ts';
import { at } from '../services/db/testing/data.ts';
import { failure, type Operation, type Result } from '../services/handler.ts';
import { isVoid, perform } from './operation.ts';
import { makeVoid } from './store.ts';

onBothDatabases((database) => {
  const once = (
    operationId: string | undefined,
    handle: (operation: Operation) => Promise<Result> | Result,
  ) =>
    perform(
      {
        db: database.db,
        now: () => at(1),
        ...(operationId !== undefined && { internal: { operationId } }),
        signal: new AbortController().signal,
      },
      handle,
    );
  const makeChat = ({ commit, newId, now }: Operation) =>
    commit(async (tx) => {
      const chat = await createChat(tx, { id: newId(), createdAt: now(), updatedAt: now() });
      return { status: 201, json: { id: chat.id } };
    });
  const chats = async () => (await listChats(database.db)).length;

  describe('an operation', () => {
    it('is done once under its name, and answered as it was', async () => {
      const first = await once('one', makeChat);
      expect(await once('one', makeChat)).toEqual(first);
      expect(await chats()).toBe(1);
    });

    it('is done each time where it has no name', async () => {
      for (let i = 0; i < 2; i++) await once(undefined, makeChat);
      expect(await chats()).toBe(2);
    });

    it('is done once by all who ask for it at the same time, and all get the one answer', async () => {
      const answers = await Promise.all([1, 2, 3, 4].map(() => once('same', makeChat)));
      expect(await chats()).toBe(1);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    });

    it('answers a refusal again too, though it would be taken by now', async () => {
      expect(await once('refused', () => failure(400, 'no'))).toEqual(failure(400, 'no'));
      expect(await once('refused', makeChat)).toEqual(failure(400, 'no'));
      expect(await chats()).toBe(0);
    });

    it('has no effect once it was made void, before its start or in the middle of it', async () => {
      await makeVoid(database.db, 'void');
      expect(await once('void', makeChat)).toEqual(isVoid);
      const late = await once('late', async (operation) => {
        await makeVoid(database.db, 'late');
        return makeChat(operation);
      });
      expect(late).toEqual(isVoid);
      expect(await chats()).toBe(0);
    });

    it('has no effect where its unit of work fails at the end, and can be asked for again', async () => {
      const failing = once('failing', ({ commit }) =>
        commit(async (tx) => {
          await createChat(tx, { id: randomUUID(), createdAt: at(1), updatedAt: at(1) });
          throw new Error('the end');
        }),
      );
      await expect(failing).rejects.toThrow('the end');
      expect(await chats()).toBe(0);
      await once('failing', makeChat);
      expect(await chats()).toBe(1);
    });

    it('has no effect where it was called off before its unit of work', async () => {
      const called = new AbortController();
      const options = { db: database.db, now: () => at(1), signal: called.signal };
      const work = perform(options, (operation) => {
        called.abort(new Error('called off'));
        return makeChat(operation);
      });
      await expect(work).rejects.toThrow('called off');
      expect(await chats()).toBe(0);
    });
  });
});
