/** A backend process that is killed; see crash.ts. It takes uploads as the handler does, but for HTTP. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createChat } from '../../chats/store.ts';
import { openDatabase } from '../../db/open.ts';
import { insertJob } from '../../jobs/store.ts';
import { noLog } from '../../queue/log.ts';
import { PostgresStore } from '../../rag/store/postgres-store.ts';
import { fakeEmbeddings } from '../testing/embeddings.ts';
import { startUploads } from '../uploads.ts';
import { findings } from './findings.ts';
import type { Answer, BackendConfig, Request } from './messages.ts';

const config: BackendConfig = JSON.parse(process.argv[2] ?? '');
process.once('disconnect', () => process.exit());
const tell = (answer: Answer) => void process.send?.(answer);
const at = '2026-01-31T09:15:00.123456Z';

const db = await openDatabase(config.place, { id: 'all-MiniLM-L6-v2', dimension: 384 });
const uploads = await startUploads({
  ...{ ...config, db, log: noLog, clock: () => at, ingestion: { engine: 'mupdf' } },
  // Long enough to be killed in.
  store: new PostgresStore(
    fakeEmbeddings(() => delay(40)),
    { db },
  ),
});

async function upload(file: string): Promise<string> {
  const writer = await uploads.files.begin();
  for await (const bytes of createReadStream(file)) await writer.write(bytes as Buffer);
  const { sha256 } = await writer.finish();
  const [id, documentId, chatId] = [randomUUID(), randomUUID(), randomUUID()];
  await createChat(db, { id: chatId, createdAt: at, updatedAt: at });
  await insertJob(db, { id, documentId, chatId, filename: 'a.pdf', sha256, startedAt: at });
  uploads.dispatcher.dispatch({ jobId: id, attempt: 1 });
  return id;
}

process.on('message', (request: Request) => {
  const { n } = request;
  const work =
    request.kind === 'upload'
      ? upload(request.file).then((jobId) => tell({ kind: 'stored', n, jobId }))
      : findings(db).then((found) => tell({ kind: 'found', n, findings: found }));
  work.catch((error: unknown) => tell({ kind: 'failed', n, error: String(error) }));
});
tell({ kind: 'ready' });
