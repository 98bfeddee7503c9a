/** Why a text has no vector. */

/** The child cannot begin: its message says what it printed. */
export class EmbeddingsUnavailableError extends Error {
  override readonly name = 'EmbeddingsUnavailableError';
}

/** This text was too much, or is none; others are not concerned. */
export class EmbeddingFailedError extends Error {
  override readonly name = 'EmbeddingFailedError';
}

/** `close()` was called. */
export class EmbeddingsClosedError extends Error {
  override readonly name = 'EmbeddingsClosedError';

  constructor() {
    super('The embeddings were closed');
  }
}
