import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, at } from '../db/testing/data.ts';
import { claimJob, failJob } from './claim.ts';
import { insertJob } from './store.ts';
import { waitingJobs } from './waiting.ts';

onBothDatabases((database) => {
  it('names what waits and what is worked on, the oldest first, and nothing that is over', async () => {
    const { db } = database;
    expect(await waitingJobs(db, at(9))).toEqual([]);
    const chatId = await aChat(db);
    const upload = async (second: number) => {
      const id = randomUUID();
      await insertJob(db, {
        id,
        documentId: randomUUID(),
        chatId,
        filename: `${second}.pdf`,
        sha256: 'a'.repeat(64),
        startedAt: at(second),
      });
      return { jobId: id, attempt: 1, token: randomUUID() };
    };
    const [late, over, early] = [await upload(3), await upload(2), await upload(1)];
    await claimJob(db, late);
    await claimJob(db, over);
    await failJob(db, over, { error: 'no text', finishedAt: at(9) });
    const pages = { pagesDone: 0, pagesTotal: null };
    expect(await waitingJobs(db, at(9))).toEqual([
      { id: early.jobId, filename: '1.pdf', isProcessing: false, age: 8, attempt: 0, ...pages },
      { id: late.jobId, filename: '3.pdf', isProcessing: true, age: 6, attempt: 1, ...pages },
    ]);
  });
});
