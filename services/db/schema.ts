/** The tables, as TypeScript sees them. `migrations/` makes them. */
import type { ColumnType, Generated } from 'kysely';
import type { WallTime } from './wall-time.ts';

/** Our tables have a schema of their own: the queue's tables may share the database, and have names like ours. */
export const SCHEMA = 'banyan';

/** `bigint` comes back as text; the database counts. */
type Counted = ColumnType<string, never, never>;
/** Of the database's clock, for what several processes have to agree on. Never shown. */
type Moment = ColumnType<Date, never, never>;

export interface ChatTable {
  /** See `storedChatId`. */
  id: string;
  position: Counted;
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
  name: string;
  file_sha256: string | null;
  listed: Generated<boolean>;
  attempt: number | null;
  position: ColumnType<string | null, never, string | null>;
  chunk_count: number | null;
  uploaded_at: WallTime | null;
}

export type JobStatus = 'queued' | 'processing' | 'done' | 'error';

export interface JobTable {
  id: string;
  chat_id: string;
  document_id: string | null;
  position: Counted;
  filename: string;
  status: Generated<JobStatus>;
  started_at: WallTime;
  finished_at: WallTime | null;
  chunks_added: number | null;
  error: string | null;
  attempt: Generated<number>;
  failures: Generated<number>;
  token: string | null;
  heartbeat_at: Moment | null;
  dispatched_at: Moment;
  pages_done: Generated<number>;
  pages_total: number | null;
  trace: string | null;
}

export interface ChunkTable {
  id: Counted;
  document_id: string;
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

export interface FileTable {
  sha256: string;
  content_id: string;
  /** `bigint`, as text. */
  size: ColumnType<string, number, never>;
  stored_at: ColumnType<Date, never, Date>;
}

export interface FileContentTable {
  id: string;
  written_at: ColumnType<Date, never, Date>;
}

export interface FilePieceTable {
  content_id: string;
  number: number;
  bytes: ColumnType<Uint8Array, Uint8Array, never>;
}

export interface OperationTable {
  id: string;
  answer: string | null;
  stored_at: Moment;
}

export interface StateChangeTable {
  id: Counted;
  /** How many changes the row stands for. */
  count: Generated<string>;
}

export interface ImportedChatTable {
  chat_id: string;
  digest: string;
  listed: boolean;
  updated_at: WallTime;
  message_count: number;
  imported_at: Moment;
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
  files: FileTable;
  file_contents: FileContentTable;
  file_pieces: FilePieceTable;
  operations: OperationTable;
  state_changes: StateChangeTable;
  imported_chats: ImportedChatTable;
  embedding_model: EmbeddingModelTable;
}
