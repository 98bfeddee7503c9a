/** `GET /api/upload-status/:job_id`. */
import { failure, type Handler, type Result } from '../handler.ts';
import type { KeptReads } from '../kept/kept-reads.ts';
import { findJob, type Job } from './store.ts';

export function status(kept: KeptReads): Handler<'job_id'> {
  return ({ params: { job_id: id } }, { db }) =>
    kept(`job ${id}`, async (): Promise<Result> => {
      const job = await findJob(db, id);
      return job ? { status: 200, json: shown(job), isKept: true } : failure(404, 'Job not found');
    });
}

/** What does not apply yet is left out. */
function shown({ id, status: state, startedAt, chatId, filename, finishedAt, chunksAdded, error }: Job) {
  return {
    job_id: id,
    status: state,
    started_at: startedAt,
    chat_id: chatId,
    filename,
    ...(finishedAt !== null && { finished_at: finishedAt }),
    ...(chunksAdded !== null && { chunks_added: chunksAdded }),
    ...(error !== null && { error }),
  };
}
