/**
 * All migrations, in order. A name is never changed once it has landed: databases remember it. The numbers 0005 and 0009 to
 * 0013 are the journal's: it had its migrations here until it got a list of its own.
 */
import type { Migration } from 'kysely/migration';
import * as chatsAndDocuments from './0001-chats-and-documents.ts';
import * as files from './0002-files.ts';
import * as chatListChanges from './0003-chat-list-changes.ts';
import * as importedChats from './0004-imported-chats.ts';
import * as jobFailures from './0006-job-failures.ts';
import * as stateChanges from './0007-state-changes.ts';
import * as jobTrace from './0008-job-trace.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001-chats-and-documents': chatsAndDocuments,
  '0002-files': files,
  '0003-chat-list-changes': chatListChanges,
  '0004-imported-chats': importedChats,
  '0006-job-failures': jobFailures,
  '0007-state-changes': stateChanges,
  '0008-job-trace': jobTrace,
};
