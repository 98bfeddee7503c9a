/** What the database says after a crash. */
import { sql } from 'kysely';
import type { Db } from '../../db/transaction.ts';
import { nearestChunks } from '../../documents/search.ts';
import { viewDocs } from '../../documents/store.ts';

/** What the file of an upload is called. */
export const nameOf = (jobId: string) => `${jobId}.pdf`;

export interface FoundJob {
  id: string;
  status: string;
  error: string | null;
  attempt: number;
  /** Of the published document: how often its file is listed, how many chunks it has, and a digest of their texts in order. */
  listed: number;
  chunks: number;
  digest: string | null;
}

/** What a client has asked to be deleted: a PDF of a chat, or the chat. */
export interface Gone {
  chatId: string;
  jobId?: string;
  /** It was told that it is. */
  isAcknowledged: boolean;
}

export interface Findings {
  jobs: FoundJob[];
  /** What must never be, whenever one looks. */
  faults: string[];
}

export async function findings(db: Db, gone: readonly Gone[]): Promise<Findings> {
  const { rows } = await sql<FoundJob>`
    select j.id, j.status, j.error, j.attempt,
      (select count(*)::int from banyan.documents o where o.chat_id = j.chat_id and o.name = j.filename and o.listed) as listed,
      (select count(*)::int from banyan.chunks c where c.document_id = d.id and c.attempt = d.attempt) as chunks,
      (select md5(string_agg(t.text, '|' order by c.ordinal)) from banyan.chunks c
         join banyan.chunk_texts t on t.chunk_id = c.id where c.document_id = d.id and c.attempt = d.attempt) as digest
    from banyan.jobs j left join banyan.documents d on d.id = j.document_id`.execute(db);
  return { jobs: rows, faults: [...(await faultsOf(db, gone)), ...(await stillThere(db, gone))] };
}

/** What was deleted, acknowledged, and is found all the same. */
async function stillThere(db: Db, gone: readonly Gone[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { chatId, jobId } of gone.filter(({ isAcknowledged }) => isAcknowledged)) {
    const isOfIt = (name: string | undefined) => jobId === undefined || name === nameOf(jobId);
    // Every chunk of the chat.
    const vector = new Float32Array(384).fill(384 ** -0.5);
    const found = await nearestChunks(db, { chatId, vector, limit: 2000 });
    if (found.some(({ metadata }) => isOfIt(metadata.source)))
      faults.push(`what was deleted is still retrieved: ${jobId ?? chatId}`);
    const { documents, processing } = await viewDocs(db, chatId);
    if ([...documents, ...processing].some(({ name }) => isOfIt(name)))
      faults.push(`what was deleted is still listed: ${jobId ?? chatId}`);
  }
  return faults;
}

const never = {
  'a published document without all of its chunks': sql`
    select d.id from banyan.documents d where d.attempt is not null and d.chunk_count <>
      (select count(*) from banyan.chunks c join banyan.chunk_texts t on t.chunk_id = c.id
        where c.document_id = d.id and c.attempt = d.attempt)`,
  'a published document with chunks of another attempt': sql`
    select d.id from banyan.documents d where d.attempt is not null and exists
      (select from banyan.chunks c where c.document_id = d.id and c.attempt <> d.attempt)`,
  'a job that is done without a published document': sql`
    select j.id from banyan.jobs j left join banyan.documents d on d.id = j.document_id
      where j.status = 'done' and d.attempt is null`,
  'a published document whose job is not done': sql`
    select d.id from banyan.documents d where d.attempt is not null and not exists
      (select from banyan.jobs j where j.document_id = d.id and j.status = 'done')`,
  'a job that failed and left a document': sql`
    select id from banyan.jobs where status = 'error' and document_id is not null`,
};

async function faultsOf(db: Db, gone: readonly Gone[]): Promise<string[]> {
  const deleted = new Set(gone.map(({ jobId }) => jobId));
  const faults: string[] = [];
  for (const [fault, query] of Object.entries(never)) {
    const { rows } = await sql<{ id: string }>`${query}`.execute(db);
    // Of a deleted PDF the job remains.
    faults.push(...rows.filter(({ id }) => !deleted.has(id)).map(({ id }) => `${fault}: ${id}`));
  }
  return faults;
}
