/** What clients delete while things are killed, and what they were told of it. */
import type { Chance } from '@banyan/operations/testing/random.ts';
import { type BackendProcess, NotAnsweredError } from './backend-process.ts';
import type { Gone } from './findings.ts';
import type { Upload } from './upload.ts';

export class Removals {
  readonly #api: BackendProcess;
  /** All that was asked for, but for what was not there to be deleted. */
  readonly gone: Gone[] = [];

  constructor(api: BackendProcess) {
    this.#api = api;
  }

  /** How many a client was told of. */
  get acknowledged(): number {
    return this.gone.filter(({ isAcknowledged }) => isAcknowledged).length;
  }

  /** Deletes one of the uploads, or the chat that it is in. Never throws for what was killed. */
  async ask(uploads: readonly Upload[], random: Chance): Promise<void> {
    const left = uploads.filter((upload) => !this.mayBeGone(upload));
    if (left.length === 0) return;
    const { chatId, jobId } = random.of(left);
    const one: Gone = { chatId, ...(random.below(3) && { jobId }), isAcknowledged: false };
    this.gone.push(one);
    try {
      const answer = await this.#api.ask({ kind: 'delete', ...one });
      if (answer.kind !== 'deleted') return;
      if (answer.was === 'no-pdf') this.gone.splice(this.gone.indexOf(one), 1);
      else one.isAcknowledged = true;
    } catch (error) {
      // It may have been done all the same.
      if (!(error instanceof NotAnsweredError)) throw error;
    }
  }

  /** Whether somebody has asked for it to be deleted, or for its chat. */
  mayBeGone({ chatId, jobId }: Upload): boolean {
    return this.gone.some((one) => one.chatId === chatId && (one.jobId ?? jobId) === jobId);
  }
}
