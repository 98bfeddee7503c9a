/** One attempt at one upload: from the claim to the document, or to the words that say why there is none. */
import { randomUUID } from 'node:crypto';
import { traced } from '@banyan/operations/tracing/spans.ts';
import type { Db } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { FileMissingError, type FileStore } from '../files/file-store.ts';
import { failedText, type IngestionOptions, ingestPdf } from '../ingestion/child/ingest.ts';
import type { IngestionRequest } from '../ingestion/child/messages.ts';
import { type Claim, type ClaimedJob, ClaimLostError, claimJob, failJob, giveBack } from '../jobs/claim.ts';
import { publish } from '../jobs/publish.ts';
import type { Dispatch, Patience } from '../jobs/store.ts';
import { queueName } from '../queue/backends/backend.ts';
import type { Log } from '../queue/log.ts';
import { messaging } from '../queue/messaging.ts';
import type { StagingStore } from '../rag/store/chat-store.ts';
import { ChunkStager } from './chunk-stager.ts';
import { startHeart } from './heart.ts';
import { ProgressWriter } from './progress.ts';
import type { AttemptOutcome, UploadWatch } from './watch.ts';

export interface Workshop {
  db: Db;
  files: FileStore;
  /** What embeds chunks and takes them. */
  store: StagingStore;
  ingestion: Pick<IngestionRequest, 'engine' | 'splitter' | 'tesseract'> &
    Pick<IngestionOptions, 'limits' | 'env' | 'cacheFolder' | 'scratchFolder'>;
  /** The wall time as clients are shown it, taken anew at each call. */
  clock: () => WallTime;
  log: Log;
  watch?: UploadWatch | undefined;
  patience: Patience;
  /** Milliseconds from one heartbeat to the next. */
  heartbeatEvery: number;
}

/** What went wrong may be the machine's fault: so many attempts may fail. */
const mostFailures = 5;
/** With attempts that ended without a word: the upload ends every process that touches it. */
const mostAttempts = 20;

/**
 * Never throws. What the database cannot be told stays as it is, and is found there after the minute of silence.
 * @param closing aborts when the upload is to be given back
 */
export async function processUpload(
  workshop: Workshop,
  dispatch: Dispatch,
  { closing, onSpawn }: { closing: AbortSignal; onSpawn: (pid: number) => void },
): Promise<void> {
  const { db, log, patience } = workshop;
  const about = { ...dispatch };
  const claim = { jobId: dispatch.jobId, token: randomUUID() };
  try {
    if (closing.aborted) return;
    const job = await claimJob(db, { ...dispatch, ...claim }, patience.silent);
    if (!job) return;
    const attributes = messaging('process', dispatch);
    const options = { kind: 'consumer', parent: job.trace ?? null, attributes } as const;
    const begun = performance.now();
    const outcome = await traced(`process ${queueName}`, options, async (span) => {
      const found = await processClaimed(workshop, dispatch, { claim, job, closing, onSpawn });
      span.set({ 'banyan.outcome': found });
      return found;
    });
    workshop.watch?.attempted(outcome, (performance.now() - begun) / 1000);
  } catch (error) {
    log.warn({ ...about, error: String(error) }, 'An upload could not be worked on; it is tried again.');
  }
}

interface Claimed {
  claim: Claim;
  job: ClaimedJob;
  closing: AbortSignal;
  onSpawn: (pid: number) => void;
}

/** @throws what the database says */
async function processClaimed(
  workshop: Workshop,
  dispatch: Dispatch,
  { claim, job, closing, onSpawn }: Claimed,
): Promise<AttemptOutcome> {
  const { db, log, patience } = workshop;
  const lost = new AbortController();
  const stopHeart = startHeart({
    db,
    claim,
    every: workshop.heartbeatEvery,
    silent: patience.silent,
    onLost: () => lost.abort(new ClaimLostError()),
  });
  try {
    if (dispatch.attempt > mostAttempts) return await fail(workshop, claim, failedText);
    const signal = AbortSignal.any([closing, lost.signal]);
    return await attempt({ ...workshop, claim, job, onSpawn }, signal).catch((error: unknown) => {
      if (error instanceof ClaimLostError) throw error;
      return end(workshop, { dispatch, claim, job, error, closing });
    });
  } catch (error) {
    if (!(error instanceof ClaimLostError)) throw error;
    log.info({ ...dispatch }, error.message);
    return 'lost';
  } finally {
    stopHeart();
  }
}

interface Attempt extends Workshop {
  claim: Claim;
  job: ClaimedJob;
  onSpawn: (pid: number) => void;
}

/** @throws ClaimLostError; the signal's reason; whatever may go better next time */
async function attempt(work: Attempt, signal: AbortSignal): Promise<AttemptOutcome> {
  const { db, files, claim, job, ingestion, clock, log } = work;
  const { jobId } = claim;
  const { engine, splitter, tesseract, ...options } = ingestion;
  const file = await files.open(job.sha256 ?? '');
  const progress = new ProgressWriter(db, claim);
  const stager = new ChunkStager({ ...work, signal });
  try {
    const outcome = await traced('ingest', {}, () =>
      ingestPdf(
        {
          file: file.path,
          documentId: job.documentId,
          filename: job.filename,
          engine,
          ...(splitter && { splitter }),
          ...(tesseract && { tesseract }),
        },
        {
          ...options,
          signal,
          onSpawn: work.onSpawn,
          onProgress: (page) => progress.page(page),
          onChunks: (chunks) => stager.take(chunks),
        },
      ),
    );
    signal.throwIfAborted();
    if (outcome.status === 'failed') {
      const { cause, reason } = outcome;
      log.info({ jobId, cause, reason }, 'A PDF gave no text.');
      if (cause === 'crash') throw new Error(failedText);
      return await fail(work, claim, outcome.error);
    }
    const chunkCount = await stager.finish();
    await progress.flush();
    const ends = { uploadedAt: clock(), updatedAt: clock(), finishedAt: clock() };
    const attributes = { 'db.system.name': 'postgresql' };
    const isPublished = await traced('publish', { kind: 'client', attributes }, () =>
      publish(db, claim, { chunkCount, ...ends }),
    );
    if (!isPublished) throw new ClaimLostError();
    log.info({ jobId, chunks: chunkCount, faults: outcome.faults.length }, 'A PDF was taken in.');
    return 'done';
  } finally {
    await stager.finish().catch(() => {});
    await file.release();
  }
}

interface Ended {
  dispatch: Dispatch;
  claim: Claim;
  job: ClaimedJob;
  error: unknown;
  closing: AbortSignal;
}

/** After an attempt that came to nothing: again, unless it was the last one or can go no better. */
async function end(
  workshop: Workshop,
  { dispatch, claim, job, error, closing }: Ended,
): Promise<AttemptOutcome> {
  const { db, log } = workshop;
  const failed = !closing.aborted;
  const final = error instanceof FileMissingError || job.failures + 1 >= mostFailures;
  if (failed && final) {
    const text = error instanceof Error ? error.message : String(error);
    log.error({ ...dispatch, error: String(error) }, 'An upload failed.');
    return fail(workshop, claim, text);
  }
  if (failed)
    log.warn({ ...dispatch, error: String(error) }, 'An attempt at an upload failed; another follows.');
  if (!(await giveBack(db, claim, failed))) throw new ClaimLostError();
  return failed ? 'retried' : 'given-back';
}

async function fail({ db, clock }: Workshop, claim: Claim, error: string): Promise<AttemptOutcome> {
  if (!(await failJob(db, claim, { error, finishedAt: clock() }))) throw new ClaimLostError();
  return 'failed';
}
