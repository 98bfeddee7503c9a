import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { deleteChat } from '../chats/store.ts';
import { onBothDatabases, onPostgres } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, at, chunk, ends } from '../db/testing/data.ts';
import { listPdfs, viewDocs } from '../documents/store.ts';
import { lockChat } from '../rows/chats.ts';
import { type Claim, claimJob, failJob, heartbeat, progress } from './claim.ts';
import { publish, stageChunks } from './publish.ts';
import { findJob, takeUndispatched } from './store.ts';

onBothDatabases((database) => {
  /** Moves what is stored of a job into the past. */
  const age = (column: 'heartbeat_at' | 'dispatched_at', seconds: number) => {
    const past = sql`clock_timestamp() - make_interval(secs => ${seconds})`;
    const of = sql`where ${column === 'heartbeat_at'} and token is not null or ${column === 'dispatched_at'}`;
    return sql`update ${sql.table('banyan.jobs')} set ${sql.ref(column)} = ${past} ${of}`.execute(
      database.db,
    );
  };

  it('stores a queued job that a client can ask for, by that very id', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const { id } = await anUpload(db, chatId, '\0.pdf');
    expect(await findJob(db, id)).toEqual({
      id,
      chatId,
      filename: '\0.pdf',
      status: 'queued',
      startedAt: at(2),
      finishedAt: null,
      chunksAdded: null,
      error: null,
      pagesDone: 0,
      pagesTotal: null,
    });
    for (const other of [randomUUID(), id.toUpperCase(), `{${id}}`, '', 'x', '\0', `${id}\n`])
      expect(await findJob(db, other)).toBeUndefined();
  });

  it('is claimed by one of many', async () => {
    const { db } = database;
    const { id, documentId } = await anUpload(db, await aChat(db));
    const claims = await Promise.all(
      Array.from({ length: 12 }, () => claimJob(db, { jobId: id, attempt: 1, token: randomUUID() })),
    );
    expect(claims.filter(Boolean)).toEqual([
      expect.objectContaining({ documentId, filename: 'a.pdf', sha256: 'f00' }),
    ]);
    expect(await findJob(db, id)).toMatchObject({ status: 'processing' });
  });

  it('is claimed again only after a minute of silence, as the next attempt, and the first owner is refused then', async () => {
    const { db } = database;
    const claim = await aClaim(db, await aChat(db));
    const { jobId } = claim;
    await stageChunks(db, claim, { first: 0, chunks: [chunk('of the first'), chunk('of the first')] });
    const next = { jobId, token: randomUUID() };
    expect(await claimJob(db, { ...next, attempt: 2 })).toBeUndefined();
    await age('heartbeat_at', 59);
    expect(await claimJob(db, { ...next, attempt: 2 })).toBeUndefined();
    await age('heartbeat_at', 61);
    expect(await claimJob(db, { ...next, attempt: 1 })).toBeUndefined();
    expect(await claimJob(db, { ...next, attempt: 3 })).toBeUndefined();
    expect(await claimJob(db, { ...next, attempt: 2 })).toBeDefined();

    expect(await heartbeat(db, claim)).toBe(false);
    expect(await progress(db, claim, { done: 1, total: 2 })).toBe(false);
    expect(await stageChunks(db, claim, { first: 2, chunks: [chunk('late')] })).toBe(false);
    expect(await publish(db, claim, { ...ends, chunkCount: 2 })).toBe(false);
    expect(await failJob(db, claim, { error: 'late', finishedAt: at(9) })).toBe(false);
    expect(await findJob(db, jobId)).toMatchObject({ status: 'processing', pagesDone: 0 });

    expect(await stageChunks(db, next, { first: 0, chunks: [chunk('of the second')] })).toBe(true);
    expect(await publish(db, next, { ...ends, chunkCount: 1 })).toBe(true);
    const texts = await db.selectFrom('chunk_texts').select('text').execute();
    expect(texts).toEqual([{ text: 'of the second' }]);
  });

  it('keeps its owner as long as the owner is heard of', async () => {
    const { db } = database;
    const claim = await aClaim(db, await aChat(db));
    for (const sign of [() => heartbeat(db, claim), () => progress(db, claim, { done: 3, total: 7 })]) {
      await age('heartbeat_at', 61);
      expect(await sign()).toBe(true);
      expect(await claimJob(db, { jobId: claim.jobId, attempt: 2, token: randomUUID() })).toBeUndefined();
    }
    expect(await findJob(db, claim.jobId)).toMatchObject({ pagesDone: 3, pagesTotal: 7 });
  });

  it('publishes document, job and chat together, and only once', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const claim = await aClaim(db, chatId);
    const chunks = Array.from({ length: 230 }, (_, n) => chunk(`chunk ${n}`));
    await stageChunks(db, claim, { first: 0, chunks: chunks.slice(0, 130) });
    await stageChunks(db, claim, { first: 130, chunks: chunks.slice(130) });
    expect(await listPdfs(db, chatId)).toEqual([]);
    expect(await publish(db, claim, { ...ends, chunkCount: 230 })).toBe(true);
    expect(await listPdfs(db, chatId)).toEqual([{ name: 'a.pdf', chunks: 230, uploadedAt: ends.uploadedAt }]);
    expect(await findJob(db, claim.jobId)).toMatchObject({
      status: 'done',
      chunksAdded: 230,
      finishedAt: ends.finishedAt,
    });
    const stored = await db
      .selectFrom('chunks as c')
      .innerJoin('chunk_texts as t', 't.chunk_id', 'c.id')
      .select('t.text')
      .orderBy('c.ordinal')
      .execute();
    expect(stored.map(({ text }) => text)).toEqual(chunks.map(({ text }) => text));
    expect(await publish(db, claim, { ...ends, chunkCount: 230 })).toBe(false);
    expect(await stageChunks(db, claim, { first: 230, chunks: [chunk('x')] })).toBe(false);
  });

  it('lets its process serve others while chunks are staged', async () => {
    const { db } = database;
    const claim = await aClaim(db, await aChat(db));
    const staging = stageChunks(db, claim, {
      first: 0,
      chunks: Array.from({ length: 100 }, () => chunk('x')),
    });
    let [staged, turns] = [false, 0];
    void staging.then(() => {
      staged = true;
    });
    while (!staged) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it('publishes nothing where a chunk is missing, and takes none twice', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const claim = await aClaim(db, chatId);
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x')] });
    await expect(publish(db, claim, { ...ends, chunkCount: 2 })).rejects.toThrow(
      "1 of the document's 2 chunks were staged",
    );
    await expect(stageChunks(db, claim, { first: 0, chunks: [chunk('again')] })).rejects.toMatchObject({
      code: '23505',
    });
    expect(await findJob(db, claim.jobId)).toMatchObject({ status: 'processing' });
    expect(await listPdfs(db, chatId)).toEqual([]);
  });

  it('leaves nothing of a publication whose transaction fails', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const claim = await aClaim(db, chatId);
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x')] });
    const failed = db.transaction().execute(async (tx) => {
      expect(await publish(tx, claim, { ...ends, chunkCount: 1 })).toBe(true);
      throw new Error('before the commit');
    });
    await expect(failed).rejects.toThrow('before the commit');
    expect(await viewDocs(db, chatId)).toMatchObject({
      documents: [],
      processing: [{ status: 'processing' }],
    });
    expect(await publish(db, claim, { ...ends, chunkCount: 1 })).toBe(true);
  });

  it('fails with its reason, and leaves no document behind', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const claim = await aClaim(db, chatId);
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x')] });
    expect(await failJob(db, claim, { error: 'no \0 text', finishedAt: at(9) })).toBe(true);
    expect(await findJob(db, claim.jobId)).toMatchObject({
      status: 'error',
      error: 'no \0 text',
      finishedAt: at(9),
      chunksAdded: null,
    });
    expect(await viewDocs(db, chatId)).toEqual({ documents: [], processing: [] });
    for (const table of ['documents', 'chunks', 'chunk_texts'] as const)
      expect(await db.selectFrom(table).selectAll().execute(), table).toEqual([]);
  });

  it('is dispatched again when nothing came of it within 5 s, or its worker was silent for 60 s', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const { id: queued } = await anUpload(db, chatId);
    const { jobId: running } = await aClaim(db, chatId);
    await aDocument(db, chatId, 'done.pdf');
    expect(await takeUndispatched(db)).toEqual([]);
    await age('dispatched_at', 3);
    expect(await takeUndispatched(db)).toEqual([]);
    await age('dispatched_at', 5);
    expect(await takeUndispatched(db)).toEqual([{ jobId: queued, attempt: 1 }]);
    expect(await takeUndispatched(db)).toEqual([]);
    await age('dispatched_at', 5);
    await age('heartbeat_at', 61);
    const all = await takeUndispatched(db);
    expect(all.sort((a, b) => a.attempt - b.attempt)).toEqual([
      { jobId: queued, attempt: 1 },
      { jobId: running, attempt: 2 },
    ]);
  });

  it('is given to one of several reconcilers', async () => {
    const { db } = database;
    const chatId = await aChat(db);
    const uploads = await Promise.all(Array.from({ length: 30 }, () => anUpload(db, chatId)));
    await age('dispatched_at', 6);
    const taken = await Promise.all(Array.from({ length: 5 }, () => takeUndispatched(db, undefined, 10)));
    const ids = taken.flat().map(({ jobId }) => jobId);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids, ...(await takeUndispatched(db)).map(({ jobId }) => jobId)].sort()).toEqual(
      uploads.map(({ id }) => id).sort(),
    );
  });
});

onPostgres((database) => {
  /** Whether somebody waits for a lock. */
  const someoneWaits = async () => {
    const { rows } = await sql`
      select 1 from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where not l.granted and a.datname = current_database()`.execute(database.db);
    return rows.length > 0;
  };

  it.each([
    ['staged', (claim: Claim) => stageChunks(database.db, claim, { first: 1, chunks: [chunk('y')] })],
    ['published', (claim: Claim) => publish(database.db, claim, { ...ends, chunkCount: 1 })],
    ['failed', (claim: Claim) => failJob(database.db, claim, { error: 'x', finishedAt: at(9) })],
  ])('waits for the deletion of its chat and is refused then, when it is %s meanwhile', async (_, work) => {
    const { db } = database;
    const id = await aChat(db);
    const claim = await aClaim(db, id);
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x')] });
    const deletion = await db.startTransaction().execute();
    await lockChat(deletion, id);
    const working = work(claim);
    await until(someoneWaits);
    await deleteChat(deletion, { id, keepDocuments: false });
    await deletion.commit().execute();
    expect(await working).toBe(false);
  });
});
