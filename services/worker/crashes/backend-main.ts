/** A backend process that is killed; see crash.ts. It takes uploads as the handler does, but for HTTP. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createChat, deleteChat } from '../../chats/store.ts';
import { openDatabase } from '../../db/testing/migrated.ts';
import { deletePdf } from '../../documents/store.ts';
import { insertJob } from '../../jobs/store.ts';
import { noLog } from '../../queue/log.ts';
import { PostgresStore } from '../../rag/store/postgres-store.ts';
import { startUploads } from '../../uploads.ts';
import { fakeEmbeddings } from '../testing/embeddings.ts';
import { findings, nameOf } from './findings.ts';
import type { Answer, BackendConfig, Request } from './messages.ts';

const config: BackendConfig = JSON.parse(process.argv[2] ?? '');
process.once('disconnect', () => process.exit());
const tell = (answer: Answer) => void process.send?.(answer);
const at = '2026-01-31T09:15:00.123456Z';

const db = await openDatabase(config.place, { id: 'all-MiniLM-L6-v2', dimension: 384 });
const uploads = await startUploads({
  ...config,
  db,
  log: noLog,
  clock: () => at,
  ingestion: { engine: 'mupdf' },
  // Long enough to be killed in.
  store: new PostgresStore(
    fakeEmbeddings(() => delay(40)),
    { db },
  ),
});

async function upload(file: string, into?: string): Promise<{ jobId: string; chatId: string }> {
  const writer = await uploads.files.begin();
  for await (const bytes of createReadStream(file)) await writer.write(bytes as Buffer);
  const { sha256 } = await writer.finish();
  const [id, documentId, chatId] = [randomUUID(), randomUUID(), into ?? randomUUID()];
  if (!into) await createChat(db, { id: chatId, createdAt: at, updatedAt: at });
  await insertJob(db, { id, documentId, chatId, filename: nameOf(id), sha256, startedAt: at });
  uploads.dispatcher.dispatch({ jobId: id, attempt: 1 });
  return { jobId: id, chatId };
}

async function remove(chatId: string, jobId?: string) {
  if (jobId) return deletePdf(db, { chatId, name: nameOf(jobId), updatedAt: at, keepUnlisted: false });
  await deleteChat(db, { id: chatId, keepDocuments: false });
  return 'deleted' as const;
}

async function answerTo(request: Request): Promise<Answer> {
  const { n } = request;
  switch (request.kind) {
    case 'upload':
      return { kind: 'stored', n, ...(await upload(request.file, request.chatId)) };
    case 'delete':
      return { kind: 'deleted', n, was: await remove(request.chatId, request.jobId) };
    case 'find':
      return { kind: 'found', n, findings: await findings(db, request.gone) };
  }
}

process.on('message', (request: Request) => {
  const { n } = request;
  answerTo(request).then(tell, (error: unknown) => tell({ kind: 'failed', n, error: String(error) }));
});
tell({ kind: 'ready' });
