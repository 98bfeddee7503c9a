/** What the worker and its ingestion child say to each other, as JSON. */
import type { Chunk } from '../chunks.ts';
import type { EngineName } from '../engines/index.ts';
import type { PageProgress } from '../loader.ts';
import type { SplitterSettings } from '../splitters.ts';

/** The one message to the child that begins its work. The file is named, never sent. */
export interface IngestionRequest {
  file: string;
  documentId: string;
  /** As the person who uploaded it sent it. */
  filename: string;
  engine: EngineName;
  /** Legacy's unless told. */
  splitter?: SplitterSettings;
  /** The Tesseract program; undefined: no OCR. */
  tesseract?: string;
}

export interface ChildOrders extends IngestionRequest {
  /** A folder for pictures and their texts, removed by the parent. */
  folder: string;
  /** Bytes that WebAssembly may take. */
  wasmMemory: number;
}

export type FromChild =
  | { kind: 'progress'; progress: PageProgress }
  /** Answered with `taken`; the child waits for it. */
  | { kind: 'chunks'; chunks: Chunk[] }
  | { kind: 'done'; chunks: number; faults: string[] };

export type ToChild = { kind: 'start'; orders: ChildOrders } | { kind: 'taken' };

/** Exit code of a child that was refused memory. */
export const outOfMemory = 86;
