/** The tables, as TypeScript sees them. `migrations/` makes them. */
import type { ColumnType, Generated } from 'kysely';

/** `2026-01-31 09:15:00.123456`: wall time without a zone, read and written as text so that no digit is lost. */
export type WallTime = ColumnType<string, string, string>;
/** `bigint` comes back as text. */
type Position = ColumnType<string, never, never>;

export interface ChatTable {
  id: string;
  position: Position;
  listed: boolean;
  title: Generated<string>;
  created_at: WallTime;
  updated_at: WallTime;
  message_count: Generated<number>;
}

export interface MessageTable {
  id: string;
  chat_id: string;
  turn: number;
  role: 'user' | 'model';
  text: string | null;
  created_at: WallTime;
}

export interface DocumentTable {
  id: string;
  chat_id: string;
  position: Position;
  name: string;
  listed: boolean;
  chunk_count: number;
  uploaded_at: WallTime;
  file_sha256: string | null;
}

export type JobStatus = 'queued' | 'processing' | 'done' | 'error';

export interface JobTable {
  id: string;
  chat_id: string;
  position: Position;
  filename: string;
  file_sha256: string;
  status: Generated<JobStatus>;
  started_at: WallTime;
  finished_at: ColumnType<string | null, string | null | undefined, string | null>;
  chunks_added: number | null;
  error: string | null;
  attempt: Generated<number>;
  token: string | null;
  heartbeat_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  pages_done: Generated<number>;
  pages_total: number | null;
}

export interface ChunkTable {
  id: Position;
  document_id: string;
  chat_id: string;
  attempt: number;
  ordinal: number;
  /** `[0.1,0.2,…]`, pgvector's text form. */
  embedding: string;
}

export interface ChunkTextTable {
  chunk_id: string;
  text: string;
  metadata: ColumnType<Record<string, string>, string, string>;
}

export interface EmbeddingModelTable {
  only: Generated<boolean>;
  id: string;
  dimension: number;
}

export interface Database {
  chats: ChatTable;
  messages: MessageTable;
  documents: DocumentTable;
  jobs: JobTable;
  chunks: ChunkTable;
  chunk_texts: ChunkTextTable;
  embedding_model: EmbeddingModelTable;
}
