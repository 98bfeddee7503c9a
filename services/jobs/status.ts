/** `GET /api/upload-status/:job_id`. */
import { failure, type Handler } from '../handler.ts';
import { findJob, type Job } from './store.ts';

export const status: Handler<'job_id'> = async ({ params }, { db }) => {
  const job = await findJob(db, params.job_id);
  return job ? { status: 200, json: shown(job) } : failure(404, 'Job not found');
};

/** What does not apply yet is left out. */
function shown({ id, status: state, startedAt, chatId, filename, finishedAt, chunksAdded, error }: Job) {
  return {
    ...{ job_id: id, status: state, started_at: startedAt, chat_id: chatId, filename },
    ...(finishedAt !== null && { finished_at: finishedAt }),
    ...(chunksAdded !== null && { chunks_added: chunksAdded }),
    ...(error !== null && { error }),
  };
}
