/** Every route that has a state behind it, with its handler. */
import type { RouteKey } from '../contract/route-types.ts';
import { create } from './chats/create.ts';
import { remove as removeChat } from './chats/delete.ts';
import { list as listChats } from './chats/list.ts';
import { rename } from './chats/rename.ts';
import type { Db } from './db/transaction.ts';
import { remove as removePdf } from './documents/delete.ts';
import { docs } from './documents/docs.ts';
import { receive } from './documents/incoming-file.ts';
import { allPdfs, pdfsOfChat } from './documents/pdfs.ts';
import { upload } from './documents/upload.ts';
import { type Endpoint, named, plain, reading } from './endpoint.ts';
import type { FileStore } from './files/file-store.ts';
import { status } from './jobs/status.ts';
import { keepReads } from './kept/kept-reads.ts';
import { stateVersion } from './kept/state-version.ts';
import { createConversations } from './messages/conversations.ts';
import { list as listMessages } from './messages/list.ts';
import { send } from './messages/send.ts';
import type { Quirks } from './quirks.ts';
import type { Answerer } from './rag/answerer.ts';
import { file, text } from './wire/inputs.ts';

export interface EndpointOptions {
  db: Db;
  answerer: Answerer;
  files: FileStore;
  quirks: Quirks;
  /** How long an upload waits for others that its limits depend on, in milliseconds. */
  uploadPatience?: number | undefined;
}

/** The routes of `endpointsOf`, which are known before anything is opened. */
export const statefulRoutes = [
  'GET /api/chats',
  'POST /api/chats',
  'GET /api/chats/:chat_id',
  'DELETE /api/chats/:chat_id',
  'PUT /api/chats/:chat_id/rename',
  'POST /api/chats/:chat_id/messages',
  'POST /api/chats/:chat_id/upload-pdf',
  'GET /api/upload-status/:job_id',
  'GET /api/chats/:chat_id/docs',
  'GET /api/chats/:chat_id/pdfs',
  'GET /api/pdfs',
  'DELETE /api/chats/:chat_id/pdfs/:name',
] as const satisfies RouteKey[];

type StatefulRoute = (typeof statefulRoutes)[number];

export function endpointsOf({
  db,
  answerer,
  files,
  quirks,
  uploadPatience,
}: EndpointOptions): Readonly<Record<StatefulRoute, Endpoint>> {
  const kept = keepReads(() => stateVersion(db));
  const conversations = createConversations();
  const open = (filename: string) =>
    receive(files, { filename, isWanted: filename.toLowerCase().endsWith('.pdf') });
  return {
    'GET /api/chats': plain(listChats(kept)),
    'POST /api/chats': plain(create),
    'GET /api/chats/:chat_id': plain(listMessages(kept, quirks)),
    'DELETE /api/chats/:chat_id': named(removeChat(quirks, conversations)),
    'PUT /api/chats/:chat_id/rename': reading(text('title', quirks), rename),
    'POST /api/chats/:chat_id/messages': reading(
      text('message', quirks),
      send({ answerer, quirks, conversations }),
    ),
    'POST /api/chats/:chat_id/upload-pdf': reading(file('pdf', open, quirks), upload(quirks, uploadPatience)),
    'GET /api/upload-status/:job_id': plain(status(kept)),
    'GET /api/chats/:chat_id/docs': plain(docs(kept)),
    'GET /api/chats/:chat_id/pdfs': plain(pdfsOfChat(kept)),
    'GET /api/pdfs': plain(allPdfs(kept)),
    'DELETE /api/chats/:chat_id/pdfs/:name': plain(removePdf(quirks)),
  };
}
