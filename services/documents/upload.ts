/** `POST /api/chats/:chat_id/upload-pdf`. */
import { lockChat } from '../chats/store.ts';
import type { Db } from '../db/transaction.ts';
import { failure, type Handler, type Result } from '../handler.ts';
import { insertJob } from '../jobs/store.ts';
import type { Quirks } from '../quirks.ts';
import type { IncomingFile } from './incoming-file.ts';
import { takenNames } from './store.ts';

/** PDFs of a chat. */
const most = 5;

/** The input is the file, as it came; undefined where there was none. */
export function upload(quirks: Quirks): Handler<'chat_id', IncomingFile | undefined> {
  const queued = !quirks['limits-count-finished-only'];

  return async ({ params: { chat_id: chatId }, input: file }, { db, presets, newId, now, commit }) => {
    if (!file) return failure(400, 'No PDF file provided');
    const { filename } = file;
    if (!filename.toLowerCase().endsWith('.pdf')) return failure(400, 'File must be a PDF');
    const refusal = await refusalIn(db);
    if (refusal) return refusal;
    if (file.isTooLarge) return failure(400, 'File too large. Max: 50MB');
    const { sha256 } = await file.keep();
    return commit(async (tx) => {
      // Others may have uploaded in the meantime; from here on they wait.
      await lockChat(tx, chatId);
      const refused = await refusalIn(tx);
      if (refused) return refused;
      const id = presets.id ?? newId();
      const startedAt = presets.startedAt ?? now();
      await insertJob(tx, { id, documentId: newId(), chatId, filename, sha256, startedAt });
      return {
        status: 202,
        json: { message: 'Upload accepted', job_id: id, processing: true },
        dispatch: { jobId: id, attempt: 1 },
      };
    });

    async function refusalIn(where: Db): Promise<Result | undefined> {
      const names = await takenNames(where, chatId, { queued });
      if (!names) return failure(404, 'Chat not found');
      if (presets.accepted) return undefined;
      if (names.length >= most) return failure(400, `Maximum ${most} PDFs per chat`);
      if (names.includes(filename)) return failure(400, `PDF '${filename}' already uploaded`);
      return undefined;
    }
  };
}
