/** Opens what is behind the new backend, in the order in which one part needs the next, and closes it the other way round. */
import { type Closers, closedOnFailure } from '@banyan/operations/closers.ts';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { EmbeddingModelId } from './db/embedding-model.ts';
import type { Db } from './db/transaction.ts';
import type { WallTime } from './db/wall-time.ts';
import type { EngineName } from './ingestion/engines/index.ts';
import { installedEngine } from './ingestion/engines/installed.ts';
import type { State } from './new-backend.ts';
import type { Log } from './queue/log.ts';
import type { Quirks } from './quirks.ts';
import {
  createChatModel,
  createEmbeddings,
  embeddingModelOf,
  type RagConfiguration,
  ragConfiguration,
} from './rag/configuration.ts';
import { createAnswerer } from './rag/create-answerer.ts';
import type { ChatStore } from './rag/store/chat-store.ts';
import { startUploads, type Uploads } from './uploads.ts';
import { ingestionSettings } from './worker/ingestion-settings.ts';
import type { UploadWatch } from './worker/watch.ts';

/** What makes documents of uploads, and finds them again, stands on. */
export interface GroundOptions {
  /** Where the new backend keeps what it writes to the disk. */
  folder: string;
  database: DatabasePlace;
  /** Brings the database to the version that the code knows, and sees that its vectors come from that model. */
  openDatabase: (place: DatabasePlace, model: EmbeddingModelId) => Promise<Db>;
  /** The queue of a backend whose workers run elsewhere. */
  redisUrl?: string | undefined;
  /** Whether this process makes documents; see `UploadsOptions`. */
  work?: boolean;
  /** Folder of the embedding model; it may have to be made first. */
  embeddingModel: () => Promise<string>;
  pdfEngine: EngineName;
  /** As legacy has it unless told. */
  rag?: RagConfiguration;
  /** Uploads at once; as many as the machine has cores, and two at least, unless told. */
  workerConcurrency?: number | undefined;
  log: Log;
  /** Told what becomes of uploads in this process. */
  watch?: UploadWatch | undefined;
  /** Of this process: programs are found on its PATH. */
  env: Record<string, string | undefined>;
}

export interface StateOptions extends GroundOptions {
  /** The model's endpoint and key: the relay's. */
  model: { baseUrl: string; key: string };
  quirks: Quirks;
}

export interface Ground extends Pick<Uploads, 'files' | 'dispatcher'> {
  db: Db;
  store: ChatStore;
}

/**
 * @param clock the wall time as clients are shown it
 * @throws what `openDatabase`, `startUploads` and the making of the embedding model throw; what was opened is closed then
 */
export function openState(options: StateOptions, clock: () => WallTime): Promise<State> {
  return closedOnFailure(async (closers) => {
    const { model, quirks, log, rag = ragConfiguration } = options;
    const { db, store, files, dispatcher } = await openGround(options, clock, closers);
    const chatModel = rag.chatModel({ baseUrl: model.baseUrl, apiKey: model.key });
    const answerer = closers.use(
      createAnswerer({
        ...createChatModel(chatModel),
        store,
        sanitisedNames: quirks['source-name-sanitised'],
        onFault: ({ stage, error }) =>
          log.warn({ stage, error: String(error) }, 'An answer had to do without.'),
      }),
    );
    return { db, files, dispatcher, answerer, close: closers.close };
  });
}

/**
 * The part of it that a worker has too: database, embeddings, and both halves of uploads.
 * @param closers get what closes each part
 * @throws as `openState`
 */
export async function openGround(
  options: GroundOptions,
  clock: () => WallTime,
  closers: Closers,
): Promise<Ground> {
  const { folder, database: place, log, rag = ragConfiguration, env } = options;
  const db = await options.openDatabase(place, embeddingModelOf(rag.embeddings));
  closers.defer(() => db.destroy());
  const embeddings = closers.use(await createEmbeddings(rag.embeddings, options.embeddingModel));
  const store = rag.store(embeddings, { db });
  const { files, dispatcher } = closers.use(
    await startUploads({
      db,
      place,
      redisUrl: options.redisUrl,
      dataFolder: folder,
      store,
      clock,
      log,
      ingestion: ingestionSettings(
        { engine: installedEngine(options.pdfEngine, log), splitter: rag.splitter },
        folder,
        env,
      ),
      concurrency: options.workerConcurrency,
      watch: options.watch,
      ...(options.work !== undefined && { work: options.work }),
    }),
  );
  return { db, store, files, dispatcher };
}
