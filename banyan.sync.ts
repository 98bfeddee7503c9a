/** What the first sync reads of the chatbot's legacy app. */
import { join } from 'node:path';
import type { JournalTx } from '@banyan/gateway/continuity/journal/tables.ts';
import type { SyncSource } from '@banyan/gateway/continuity/sync/source.ts';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { seenWith } from '@banyan/operations/db/transaction.ts';
import { importPlace } from './banyan.import.ts';
import type { BanyanSettings } from './banyan.settings.ts';
import { ImportError } from './migrations/import/import-error.ts';
import type { ImportedChat } from './migrations/import/source/chats.ts';
import type { ChatSyncSource } from './migrations/sync/sync-sources.ts';
import { type Database, SCHEMA } from './services/db/schema.ts';
import type { Tx } from './services/db/transaction.ts';

/** The legacy app's working directory; undefined if it runs elsewhere and `LEGACY_DATA` does not say where. */
export function legacyFolder({ legacyData, legacy, dataFolder }: BanyanSettings): string | undefined {
  return legacyData ?? (legacy.url === undefined ? join(dataFolder, 'legacy') : undefined);
}

/** @returns undefined if the gateway cannot read what legacy has */
export function chatbotSync(
  settings: BanyanSettings,
  python: (() => Promise<string>) | undefined,
): (() => Promise<readonly SyncSource[]>) | undefined {
  const folder = legacyFolder(settings);
  if (folder === undefined || !python) return undefined;
  return async () => {
    const { syncSources } = await import('./migrations/sync/sync-sources.ts');
    return syncSources(folder, python, importPlace(settings).keep).map(adapted);
  };
}

/** In the gateway's words: its errors, its view of the database. */
const adapted = (source: ChatSyncSource): SyncSource => ({
  kind: source.kind,
  ids: (signal) => source.ids(signal).catch(refuse),
  async snapshots(legacyIds, signal) {
    const found = await source.snapshots(legacyIds, signal).catch(refuse);
    return new Map([...found].map(([id, chat]) => [id, chat instanceof ImportError ? toFault(chat) : chat]));
  },
  install: (tx, publicId, snapshot, names) =>
    source.install(ownView(tx), publicId, snapshot as ImportedChat | undefined, names),
  installList: (tx, publicIds) => source.installList(ownView(tx), publicIds),
  close: source.close,
});

/** The same transaction, with the new backend's tables. */
const ownView = (tx: JournalTx): Tx => seenWith<Database>(tx).withSchema(SCHEMA) as Tx;

const toFault = (error: ImportError): BanyanError =>
  new BanyanError('source_unreadable', { reason: error.message, advice: error.advice }, error);

function refuse(error: unknown): never {
  throw error instanceof ImportError ? toFault(error) : error;
}
