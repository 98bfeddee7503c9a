import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, at } from '../db/testing/data.ts';
import { workSize } from './size.ts';
import { insertJob } from './store.ts';

onBothDatabases((database) => {
  it('what waits for the workers is counted, and how long the oldest of it has', async () => {
    expect(await workSize(database.db, at(9))).toEqual({ queued: 0, processing: 0, oldest: 0 });
    const chatId = await aChat(database.db);
    for (const second of [1, 3])
      await insertJob(database.db, {
        ...{ id: randomUUID(), documentId: randomUUID(), chatId, filename: `${second}.pdf` },
        ...{ sha256: 'a'.repeat(64), startedAt: at(second) },
      });
    expect(await workSize(database.db, at(9))).toEqual({ queued: 2, processing: 0, oldest: 8 });
  });
});
