/** Embeds and stages the chunks of one upload, while the next ones are being read. */
import { Document } from '@langchain/core/documents';
import type { Chunk } from '../ingestion/chunks.ts';
import type { Claim } from '../jobs/claim.ts';
import type { StagingStore } from '../rag/store/chat-store.ts';

interface StagerOptions {
  store: StagingStore;
  claim: Claim;
  signal: AbortSignal;
}

/** Few, so that uploads and questions take turns at the model. */
const atOnce = 8;

export class ChunkStager {
  readonly #options: StagerOptions;
  /** Rejects when the signal aborts. */
  readonly #aborted: Promise<never>;
  #staging: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(options: StagerOptions) {
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
    const { store, claim, signal } = this.#options;
    for (let at = 0; at < chunks.length; at += atOnce) {
      signal.throwIfAborted();
      const some = chunks.slice(at, at + atOnce);
      // A model that is slow, or gone, holds nobody up who wants to stop.
      const embedding = store.embeddings.embedDocuments(some.map(({ text }) => text));
      const vectors = await Promise.race([embedding, this.#aborted]);
      signal.throwIfAborted();
      const documents = some.map(
        ({ text, metadata }) => new Document({ pageContent: text, metadata: { ...metadata } }),
      );
      await store.addVectors(vectors, documents, { claim, first: this.#count });
      this.#count += some.length;
    }
  }
}
