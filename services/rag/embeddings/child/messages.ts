/** What a process and its embedding child say to each other, structured clones. */

/** One at a time: the next one is sent once the last one is answered. */
export interface ToChild {
  text: string;
}

export type FromChild =
  | { kind: 'ready' }
  /** 384 numbers of unit length; `resident`: bytes that the child takes. */
  | { kind: 'vector'; vector: Float32Array; resident: number }
  /** This text has no vector; the child goes on. */
  | { kind: 'failed'; reason: string };
