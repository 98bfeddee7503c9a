/** The chatbot's source for the first sync, for whoever puts it together with the gateway. */
import type { Tx } from '../../services/db/transaction.ts';
import type { ImportError } from '../import/import-error.ts';
import type { ImportedChat, Keep } from '../import/source/chats.ts';
import { keepOrder } from '../import/write/order.ts';
import { openChatSource } from './chat-source.ts';
import { installChat, type PublicTimes } from './install-chat.ts';

export interface ChatSyncSource {
  readonly kind: 'chat';
  ids(signal: AbortSignal): Promise<readonly string[]>;
  snapshots(
    legacyIds: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ImportedChat | undefined | ImportError>>;
  install(tx: Tx, publicId: string, snapshot: ImportedChat | undefined, names: PublicTimes): Promise<boolean>;
  installList(tx: Tx, publicIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param folder the legacy app's working directory; it is only read
 * @param python the interpreter of the legacy app's environment; asked for where there is a Chroma folder
 */
export function syncSources(folder: string, python: () => Promise<string>, keep: Keep): ChatSyncSource[] {
  const chats = openChatSource({ folder, python, keep });
  return [
    {
      kind: 'chat',
      ...chats,
      install: (tx, publicId, snapshot, names) => installChat(tx, publicId, snapshot, { names, keep }),
      async installList(tx, publicIds) {
        await keepOrder(tx, publicIds.toReversed());
      },
    },
  ];
}
