/** What was found for a question, in the order of the prompt's context. */

export interface Found {
  text: string;
  /** As ingestion wrote them; see CHUNK metadata in `services/ingestion/chunks.ts`. */
  metadata: Readonly<Record<string, string>>;
  /** 1 - distance / 2, the distance being squared: of unit vectors it is the cosine. */
  similarity: number;
}
