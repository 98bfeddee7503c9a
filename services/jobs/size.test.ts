import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, at } from '../db/testing/data.ts';
import { claimJob } from './claim.ts';
import { workSize } from './size.ts';
import { insertJob } from './store.ts';

const none = { processing: 0, undelivered: 0, ownerless: 0 };

onBothDatabases((database) => {
  it('what waits for the workers is counted, and how long the oldest of it has', async () => {
    expect(await workSize(database.db, at(9))).toEqual({ ...none, queued: 0, oldest: 0 });
    const chatId = await aChat(database.db);
    const ids = [randomUUID(), randomUUID()] as const;
    for (const [index, second] of [1, 3].entries())
      await insertJob(database.db, {
        id: ids[index] ?? '',
        documentId: randomUUID(),
        chatId,
        filename: `${second}.pdf`,
        sha256: 'a'.repeat(64),
        startedAt: at(second),
      });
    expect(await workSize(database.db, at(9))).toEqual({ ...none, queued: 2, oldest: 8 });
    await claimJob(database.db, { jobId: ids[0], attempt: 1, token: randomUUID() });
    const age = (column: string, seconds: number) =>
      sql`update banyan.jobs set ${sql.ref(column)} = clock_timestamp() - make_interval(secs => ${seconds})
        where ${sql.ref(column)} is not null`.execute(database.db);
    const lost = async () => {
      const { undelivered, ownerless } = await workSize(database.db, at(9));
      return { undelivered, ownerless };
    };
    // A queue may be as long as it likes: the reconciler sends again what waits, and finds who is silent.
    await age('dispatched_at', 13);
    await age('heartbeat_at', 69);
    expect(await lost()).toEqual({ undelivered: 0, ownerless: 0 });
    await age('dispatched_at', 15);
    expect(await lost()).toEqual({ undelivered: 1, ownerless: 0 });
    await age('heartbeat_at', 71);
    expect(await lost()).toEqual({ undelivered: 1, ownerless: 1 });
  });
});
