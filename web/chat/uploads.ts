/** Uploads of this page, from the first byte to the PDF that is listed. */
import { ApiError, type Chat, type Documents, type Job, jobOf, uploadPdf } from './api.ts';

export interface Upload {
  /** The job's id once there is one; before that, one of the page's own. */
  key: string;
  chat: string;
  name: string;
  state: 'sending' | 'reading' | 'failed';
  /** From 0 to 1. */
  sent: number;
  /** What went wrong, or that nothing was heard for long. */
  note?: string | undefined;
  /** When its reading was first seen, in milliseconds. */
  since: number;
}

/** A failed reading can leave no sign at all, so after this long the page says so. */
const SILENCE = 120_000;

export class Uploads {
  #all: Upload[] = [];
  /** Jobs that are over, whatever the API still says of them. */
  readonly #over = new Set<string>();
  readonly #changed: () => void;
  readonly #now: () => number;
  #made = 0;

  constructor(changed: () => void, now: () => number) {
    this.#changed = changed;
    this.#now = now;
  }

  of(chat: string): Upload[] {
    return this.#all.filter((upload) => upload.chat === chat);
  }

  /** Whether it is worth asking more often than every five seconds. */
  isReading(chat: string): boolean {
    return this.of(chat).some((upload) => upload.state === 'reading' && !upload.note);
  }

  dismiss(upload: Upload): void {
    this.#over.add(upload.key);
    this.#all = this.#all.filter((other) => other !== upload);
    this.#changed();
  }

  /** Resolves when the server has taken it or refused it; never rejects. */
  async send(chat: string, file: File): Promise<void> {
    this.#made += 1;
    const upload: Upload = {
      key: `upload ${this.#made}`,
      chat,
      name: file.name,
      state: 'sending',
      sent: 0,
      since: 0,
    };
    this.#all.push(upload);
    this.#changed();
    try {
      upload.key = await uploadPdf(chat, file, (share) => {
        upload.sent = share;
        this.#changed();
      });
      upload.state = 'reading';
      upload.since = this.#now();
    } catch (error) {
      upload.state = 'failed';
      upload.note = error instanceof Error ? error.message : String(error);
    }
    this.#changed();
  }

  /** Takes in what the API says now of a chat and its documents. */
  async refresh(chat: Chat, documents: Documents): Promise<void> {
    for (const { job_id, name } of documents.processing) this.#adopt(chat, job_id, name);
    for (const upload of this.of(chat.id)) {
      if (upload.state !== 'reading') continue;
      // The list comes first: a job's status may stay `queued` for ever although the PDF is there.
      const listed = chat.pdf_list.some((pdf) => pdf.name === upload.name);
      const job = listed ? ({ status: 'done' } satisfies Job) : await statusOf(upload.key);
      if (job?.status === 'done') this.dismiss(upload);
      else if (job?.status === 'error') this.#fail(upload, job.error ?? 'The PDF could not be read.');
      else if (this.#now() - upload.since > SILENCE)
        upload.note = 'No word of it for two minutes. It may have failed; you can upload it again.';
    }
    this.#changed();
  }

  /** A job that another page started, or this one before it was reloaded. */
  #adopt(chat: Chat, job: string, name: string): void {
    if (this.#over.has(job) || this.#all.some((upload) => upload.key === job)) return;
    if (chat.pdf_list.some((pdf) => pdf.name === name)) this.#over.add(job);
    else this.#all.push({ key: job, chat: chat.id, name, state: 'reading', sent: 1, since: this.#now() });
  }

  #fail(upload: Upload, note: string): void {
    upload.state = 'failed';
    upload.note = note;
    this.#over.add(upload.key);
  }
}

/** Undefined where the API does not say; a job that it does not know is one that failed. */
async function statusOf(job: string): Promise<Job | undefined> {
  try {
    return await jobOf(job);
  } catch (error) {
    if (error instanceof ApiError && error.message === 'Job not found')
      return { status: 'error', error: error.message };
    return undefined;
  }
}
