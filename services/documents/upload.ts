/** `POST /api/chats/:chat_id/upload-pdf`. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Db, Tx } from '../db/transaction.ts';
import { failure, type Handler, type Result } from '../handler.ts';
import { insertJob } from '../jobs/store.ts';
import type { Quirks } from '../quirks.ts';
import { lockChat } from '../rows/chats.ts';
import type { IncomingFile } from './incoming-file.ts';
import { takenNames } from './store.ts';

/** PDFs of a chat. */
const most = 5;

/** How long an upload waits for the uploads that its limits depend on, and between two looks, in milliseconds. */
const patience = { longest: 10_000, between: 200 };

/** It depends on uploads that are still being read whether this one is taken. */
class Undecided extends Error {}

/**
 * The input is the file, as it came; undefined where there was none.
 *
 * With legacy's quirk, uploads at once pass the limit and the duplicate test, as those count what has been read. Legacy is given
 * a mirrored upload when the ones before it have been read, and would refuse what this backend has taken. So a mirrored upload that
 * would be refused then waits for them, and is answered as legacy answers once they have been read.
 * @param longest milliseconds that it waits; after that it is refused
 */
export function upload(
  quirks: Quirks,
  longest = patience.longest,
): Handler<'chat_id', IncomingFile | undefined> {
  const queued = !quirks['limits-count-finished-only'];

  return async (
    { params: { chat_id: chatId }, input: file },
    { db, presets, newId, now, commit, signal },
  ) => {
    if (!file) return failure(400, 'No PDF file provided');
    const { filename } = file;
    if (!filename.toLowerCase().endsWith('.pdf')) return failure(400, 'File must be a PDF');
    const refusal = await refusalIn(db);
    if (refusal) return refusal;
    if (file.isTooLarge) return failure(400, 'File too large. Max: 50MB');
    const { sha256 } = await file.keep();
    const end = performance.now() + longest;
    for (;;) {
      const isLast = performance.now() >= end;
      try {
        return await commit((tx) => take(tx, isLast));
      } catch (error) {
        if (!(error instanceof Undecided)) throw error;
      }
      await pause(patience.between, undefined, { signal });
    }

    async function take(tx: Tx, isLast: boolean): Promise<Result> {
      // Others may have uploaded in the meantime; from here on they wait.
      await lockChat(tx, chatId);
      const refused = (await refusalIn(tx)) ?? (await refusalInOrder(tx, isLast));
      if (refused) return refused;
      const id = presets.id ?? newId();
      const startedAt = presets.startedAt ?? now();
      await insertJob(tx, { id, documentId: newId(), chatId, filename, sha256, startedAt });
      return {
        status: 202,
        json: { message: 'Upload accepted', job_id: id, processing: true },
        dispatch: { jobId: id, attempt: 1 },
      };
    }

    async function refusalInOrder(tx: Tx, isLast: boolean): Promise<Result | undefined> {
      if (!presets.isMirrored) return undefined;
      const refused = await refusalIn(tx, true);
      if (refused && !isLast) throw new Undecided();
      return refused;
    }

    async function refusalIn(where: Db, withQueued = queued): Promise<Result | undefined> {
      const names = await takenNames(where, chatId, { queued: withQueued });
      if (!names) return failure(404, 'Chat not found');
      if (presets.accepted) return undefined;
      if (names.length >= most) return failure(400, `Maximum ${most} PDFs per chat`);
      if (names.includes(filename)) return failure(400, `PDF '${filename}' already uploaded`);
      return undefined;
    }
  };
}
