/** Opens what is behind the new backend, in the order in which one part needs the next, and closes it the other way round. */
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { openDatabase } from './db/open.ts';
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
import { ingestionSettings } from './worker/ingestion-settings.ts';
import { startUploads } from './worker/uploads.ts';
import type { UploadWatch } from './worker/watch.ts';

export interface StateOptions {
  /** Where the new backend keeps what it writes to the disk. */
  folder: string;
  database: DatabasePlace;
  /** The queue of a backend whose workers run elsewhere. */
  redisUrl?: string | undefined;
  /** The model's endpoint and key: the relay's. */
  model: { baseUrl: string; key: string };
  /** Folder of the embedding model; it may have to be made first. */
  embeddingModel: () => Promise<string>;
  pdfEngine: EngineName;
  /** As legacy has it unless told. */
  rag?: RagConfiguration;
  /** Uploads at once; as many as the machine has cores, and two at least, unless told. */
  workerConcurrency?: number | undefined;
  quirks: Quirks;
  log: Log;
  /** Told what becomes of uploads in this process. */
  watch?: UploadWatch | undefined;
  /** Of this process: programs are found on its PATH. */
  env: Record<string, string | undefined>;
}

/**
 * @param clock the wall time as clients are shown it
 * @throws what `openDatabase`, `startUploads` and the making of the embedding model throw; what was opened is closed then
 */
export async function openState(options: StateOptions, clock: () => WallTime): Promise<State> {
  const { folder, database, model, quirks, log, rag = ragConfiguration } = options;
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (let part = opened.pop(); part; part = opened.pop()) await part.close();
  };
  const keep = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    opened.push(part);
    return part;
  };
  try {
    const embeddings = keep(await createEmbeddings(rag.embeddings, options.embeddingModel));
    const db = await openDatabase(database, embeddingModelOf(rag.embeddings));
    keep({ close: () => db.destroy() });
    const store = rag.store(embeddings, { db });
    const { files, dispatcher } = keep(
      await startUploads({
        db,
        place: database,
        redisUrl: options.redisUrl,
        dataFolder: folder,
        store,
        clock,
        log,
        ingestion: ingestionSettings(
          { engine: installedEngine(options.pdfEngine, log), splitter: rag.splitter },
          folder,
          options.env,
        ),
        concurrency: options.workerConcurrency,
        watch: options.watch,
      }),
    );
    const chatModel = rag.chatModel({ baseUrl: model.baseUrl, apiKey: model.key });
    const answerer = keep(
      createAnswerer({
        ...createChatModel(chatModel),
        store,
        sanitisedNames: quirks['source-name-sanitised'],
        onFault: ({ stage, error }) =>
          log.warn({ stage, error: String(error) }, 'An answer had to do without.'),
      }),
    );
    return { db, files, dispatcher, answerer, close };
  } catch (error) {
    await close();
    throw error;
  }
}
