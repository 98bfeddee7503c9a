import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tracedRequest } from '@banyan/operations/tracing/spans.ts';
import {
  attributesOf,
  type ReceivedSpan,
  traceToReceiver,
  treeOf,
} from '@banyan/operations/tracing/testing/receiver.ts';
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { listPdfs } from '../documents/store.ts';
import { committedCorpus } from '../ingestion/parity/run.ts';
import * as pdfs from '../ingestion/testing/bad-pdfs.ts';
import { claimJob } from '../jobs/claim.ts';
import { ingestionChildren, killChildren } from './testing/children.ts';
import { fakeEmbeddings } from './testing/embeddings.ts';
import { onBothForms, quick, type TestUploads, withoutRedis } from './testing/forms.ts';

const corpus = (name: string) => readFile(join(committedCorpus, `${name}.pdf`));

onBothForms((form) => {
  const ended = endedIn(form);
  const attemptOf = async (id: string) => {
    const { attempt } = await form.db
      .selectFrom('jobs')
      .select('attempt')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return attempt;
  };
  const chunksOf = async (id: string) => {
    const { chatId } = await form.job(id);
    return form.db
      .selectFrom('chunks as c')
      .innerJoin('documents as d', 'd.id', 'c.document_id')
      .innerJoin('chunk_texts as t', 't.chunk_id', 'c.id')
      .where('d.chat_id', '=', chatId)
      .select(['t.text', 'c.attempt'])
      .orderBy('c.ordinal')
      .execute();
  };
  /** Embeddings that stop at each batch until they are let go. */
  const gate = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let waits = false;
    const embeddings = fakeEmbeddings(async () => {
      waits = true;
      await promise;
    });
    return { embeddings, open: resolve, reached: () => until(() => waits) };
  };

  it('makes a document out of an upload', async () => {
    const uploads = await form.start();
    const id = await form.upload(uploads, pdfs.good);
    await ended(id);
    const job = await form.job(id);
    expect(job).toMatchObject({ status: 'done', chunksAdded: 1, error: null, pagesDone: 1, pagesTotal: 1 });
    expect(await listPdfs(form.db, job.chatId)).toMatchObject([{ name: 'a.pdf', chunks: 1 }]);
  });

  it('keeps the order of the chunks and embeds each once, however many there are', async () => {
    const embeddings = fakeEmbeddings();
    const uploads = await form.start({ embeddings });
    const id = await form.upload(uploads, await corpus('long-pages'));
    await ended(id);
    const texts = (await chunksOf(id)).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(8);
    expect(embeddings.texts).toEqual(texts);
  });

  it('says in the words of legacy that a PDF gave no text, and keeps nothing of it', async () => {
    const uploads = await form.start();
    const id = await form.upload(uploads, Buffer.from('no PDF'));
    await ended(id);
    expect(await form.job(id)).toMatchObject({
      status: 'error',
      error: 'Failed to extract any text from PDF',
      chunksAdded: null,
    });
    expect(await form.db.selectFrom('documents').selectAll().execute()).toEqual([]);
  });

  it('goes on with the trace of the upload, and is counted by what came of it', async () => {
    const tracing = await traceToReceiver();
    const attempts: string[] = [];
    const watch = { attempted: (outcome: string) => void attempts.push(outcome), foundLost: () => {} };
    const uploads = await form.start({ watch });
    await ended(
      await tracedRequest(
        {},
        () => ['upload', {}],
        () => form.upload(uploads, pdfs.good),
      ),
    );
    await uploads.close();
    expect(attempts).toEqual(['done']);
    const spans = await tracing.spans();
    const upload = spans.find(({ name }) => name === 'upload') as ReceivedSpan;
    expect(treeOf(spans, upload)).toEqual([
      'upload',
      '  process uploads',
      '    ingest',
      '    publish',
      '  send uploads',
    ]);
    expect(tracing.text).not.toContain('a.pdf');
    const process = spans.find(({ name }) => name === 'process uploads');
    expect(process?.kind).toBe(5);
    expect(attributesOf(process as ReceivedSpan)).toMatchObject({
      'messaging.system': 'bullmq',
      'messaging.destination.name': 'uploads',
      'messaging.operation.type': 'process',
    });
  });

  it('finds an upload that the queue was never told of', async () => {
    const uploads = await form.start();
    const id = await form.upload(uploads, pdfs.good, { tell: false });
    await ended(id);
    expect((await form.job(id)).status).toBe('done');
  });

  it('finds at its start what was uploaded while nothing ran', async () => {
    const first = await form.start({ work: false });
    const id = await form.upload(first, pdfs.good, { tell: false });
    await first.close();
    await form.start();
    await ended(id);
  });

  it('works on an upload once, however often the queue is told', async () => {
    const embeddings = fakeEmbeddings();
    const uploads = await form.start({ embeddings });
    const id = await form.upload(uploads, pdfs.good);
    for (let n = 0; n < 20; n++) uploads.dispatcher.dispatch({ jobId: id, attempt: 1 });
    await ended(id);
    for (let n = 0; n < 20; n++) uploads.dispatcher.dispatch({ jobId: id, attempt: 1 });
    const later = await form.upload(uploads, pdfs.good);
    await ended(later);
    expect(await attemptOf(id)).toBe(1);
    expect(embeddings.texts).toHaveLength(2);
  });

  it('takes over from a worker that fell silent', async () => {
    const uploads = await form.start();
    const id = await form.upload(uploads, pdfs.good, { tell: false });
    expect(await claimJob(form.db, { jobId: id, attempt: 1, token: randomUUID() })).toBeDefined();
    const begun = performance.now();
    await ended(id);
    expect(await form.job(id)).toMatchObject({ status: 'done' });
    expect(await attemptOf(id)).toBe(2);
    expect(performance.now() - begun).toBeGreaterThan(quick.patience.silent * 1000 - 500);
  });

  it('stops at once when another worker owns the upload, and publishes nothing', async () => {
    const { embeddings, open, reached } = gate();
    const uploads = await form.start({ embeddings, patience: { dispatched: 60, silent: 60 } });
    const id = await form.upload(uploads, await corpus('plain'));
    await reached();
    const token = randomUUID();
    await form.db.updateTable('jobs').set({ token, attempt: 2 }).execute();
    await until(async () => (await ingestionChildren()).length === 0, 5000, 'the child to end');
    open();
    await uploads.close();
    const row = await form.db.selectFrom('jobs').select(['token', 'status']).executeTakeFirstOrThrow();
    expect(row).toEqual({ token, status: 'processing' });
    expect(await chunksOf(id)).toEqual([]);
  });

  it('keeps an upload that takes long as long as it lives', async () => {
    const { embeddings, open, reached } = gate();
    const uploads = await form.start({ embeddings });
    const id = await form.upload(uploads, pdfs.good);
    await reached();
    const begun = performance.now();
    await until(() => performance.now() - begun > quick.patience.silent * 1000 + 1000);
    open();
    await ended(id);
    expect(await attemptOf(id)).toBe(1);
  });

  it('gives back at its close what is not done, and the next one goes on without waiting', async () => {
    const { embeddings, reached } = gate();
    const patience = { dispatched: 60, silent: 60 };
    const first = await form.start({ embeddings, patience });
    const id = await form.upload(first, pdfs.good);
    await reached();
    await first.close();
    expect((await form.job(id)).status).toBe('processing');
    await form.start({ patience });
    await ended(id);
    expect(await form.job(id)).toMatchObject({ status: 'done', chunksAdded: 1 });
    expect(await chunksOf(id)).toEqual([{ text: 'All is well', attempt: 2 }]);
  });

  it('finishes at its close what is nearly done', async () => {
    const { embeddings, open, reached } = gate();
    const uploads = await form.start({ embeddings, closeWithin: 5000 });
    const id = await form.upload(uploads, pdfs.good);
    await reached();
    const closing = uploads.close();
    open();
    await closing;
    expect((await form.job(id)).status).toBe('done');
    expect(await attemptOf(id)).toBe(1);
  });

  it('tries again when the model fails, and says after the fifth failure what it said', async () => {
    let failures = 2;
    const failing = fakeEmbeddings(() => {
      if (failures-- > 0) throw new Error('The model is out');
    });
    const uploads = await form.start({ embeddings: failing });
    const id = await form.upload(uploads, pdfs.good);
    await ended(id);
    expect(await form.job(id)).toMatchObject({ status: 'done', chunksAdded: 1 });
    expect(await attemptOf(id)).toBe(3);
    failures = Number.POSITIVE_INFINITY;
    const hopeless = await form.upload(uploads, pdfs.good, { tell: false });
    await form.db.updateTable('jobs').set({ failures: 3, attempt: 7 }).where('id', '=', hopeless).execute();
    await ended(hopeless);
    expect(await form.job(hopeless)).toMatchObject({ status: 'error', error: 'The model is out' });
    expect(await attemptOf(hopeless)).toBe(9);
  }, 60_000);

  it('tries again when the ingestion child is killed', async () => {
    const uploads = await form.start();
    const id = await form.upload(uploads, await corpus('plain'));
    await until(async () => (await killChildren()) > 0);
    await ended(id);
    expect(await form.job(id)).toMatchObject({ status: 'done', chunksAdded: 4 });
    expect(await attemptOf(id)).toBe(2);
  });

  it('gives an upload up whose file is gone', async () => {
    const uploads = await form.start({ work: false });
    const id = await form.upload(uploads, pdfs.good, { tell: false });
    const { file_sha256 } = await form.db.selectFrom('documents').selectAll().executeTakeFirstOrThrow();
    await uploads.files.remove(file_sha256 ?? '');
    await form.start();
    await ended(id);
    expect((await form.job(id)).error).toMatch(/^The file store has no file [0-9a-f]{64}\.$/);
  });

  it('tells how many pages are read', async () => {
    const { embeddings, open, reached } = gate();
    const uploads = await form.start({ embeddings });
    const id = await form.upload(uploads, await corpus('plain'));
    await reached();
    await until(async () => (await form.job(id)).pagesTotal === 4);
    expect(await form.job(id)).toMatchObject({ status: 'processing', pagesTotal: 4 });
    open();
    await ended(id);
    expect(await form.job(id)).toMatchObject({ pagesDone: 4, pagesTotal: 4 });
  });
});

withoutRedis((form) => {
  const ended = endedIn(form);

  it('has its queue there, for all processes', async () => {
    const patience = { dispatched: 60, silent: 60 };
    const taking = await form.start({ work: false, patience });
    await form.start({ patience });
    const id = await form.upload(taking, pdfs.good);
    await ended(id);
    expect(await form.job(id)).toMatchObject({ status: 'done', chunksAdded: 1 });
  });
});

function endedIn(form: TestUploads) {
  const over = async (id: string) => ['done', 'error'].includes((await form.job(id)).status);
  return (id: string) => until(() => over(id), 60_000, 'the upload to end');
}
