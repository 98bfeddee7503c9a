/** Embeds and stages the chunks of one upload, while the next ones are being read. */
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { Db } from '../db/transaction.ts';
import type { Chunk } from '../ingestion/chunks.ts';
import type { Claim } from '../jobs/claim.ts';
import { stageChunks } from '../jobs/publish.ts';

export type ChunkEmbeddings = Pick<EmbeddingsInterface, 'embedDocuments'>;

/** Somebody else owns the upload now. */
export class LostError extends Error {
  constructor() {
    super('Another worker has the upload.');
    this.name = 'LostError';
  }
}

/** Few, so that uploads and questions take turns at the model. */
const atOnce = 8;

export class ChunkStager {
  readonly #options: { db: Db; claim: Claim; embeddings: ChunkEmbeddings; signal: AbortSignal };
  /** Rejects when the signal aborts. */
  readonly #aborted: Promise<never>;
  #staging: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(options: { db: Db; claim: Claim; embeddings: ChunkEmbeddings; signal: AbortSignal }) {
    this.#options = options;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true });
    this.#aborted = promise;
  }

  /** Resolves when those before are staged. @throws what staging those before failed with */
  async take(chunks: readonly Chunk[]): Promise<void> {
    await this.#staging;
    this.#staging = this.#stage(chunks);
    // Whoever takes or finishes next is told.
    this.#staging.catch(() => {});
  }

  /** @returns how many were staged */
  async finish(): Promise<number> {
    await this.#staging;
    return this.#count;
  }

  async #stage(chunks: readonly Chunk[]): Promise<void> {
    const { db, claim, embeddings, signal } = this.#options;
    for (let at = 0; at < chunks.length; at += atOnce) {
      signal.throwIfAborted();
      const some = chunks.slice(at, at + atOnce);
      // A model that is slow, or gone, holds nobody up who wants to stop.
      const embedding = embeddings.embedDocuments(some.map(({ text }) => text));
      const vectors = await Promise.race([embedding, this.#aborted]);
      signal.throwIfAborted();
      const embedded = some.map(({ text, metadata }, index) => ({
        text,
        metadata: { ...metadata },
        embedding: vectors[index] ?? [],
      }));
      if (!(await stageChunks(db, claim, { first: this.#count, chunks: embedded }))) throw new LostError();
      this.#count += some.length;
    }
  }
}
