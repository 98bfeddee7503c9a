/** All migrations, in order. A name is never changed once it has landed: databases remember it. */
import type { Migration } from 'kysely/migration';
import * as chatsAndDocuments from './0001-chats-and-documents.ts';
import * as files from './0002-files.ts';
import * as chatListChanges from './0003-chat-list-changes.ts';
import * as importedChats from './0004-imported-chats.ts';
import * as journal from './0005-journal.ts';
import * as jobFailures from './0006-job-failures.ts';
import * as stateChanges from './0007-state-changes.ts';
import * as jobTrace from './0008-job-trace.ts';
import * as journalProcedures from './0009-journal-procedures.ts';
import * as mirrorProcedures from './0010-mirror-procedures.ts';
import * as mirrorTogether from './0011-mirror-together.ts';
import * as duties from './0012-duties.ts';
import * as overtaken from './0013-overtaken.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001-chats-and-documents': chatsAndDocuments,
  '0002-files': files,
  '0003-chat-list-changes': chatListChanges,
  '0004-imported-chats': importedChats,
  '0005-journal': journal,
  '0006-job-failures': jobFailures,
  '0007-state-changes': stateChanges,
  '0008-job-trace': jobTrace,
  '0009-journal-procedures': journalProcedures,
  '0010-mirror-procedures': mirrorProcedures,
  '0011-mirror-together': mirrorTogether,
  '0012-duties': duties,
  '0013-overtaken': overtaken,
};
