/** What the journal keeps of a write, and the states that a write goes through: `admitted → settled | void → applied → compared`. */
import type { ModeName } from './modes.ts';

/** `doubt`: the write may have taken effect, and its outcome is not known. */
export type EntryState = 'admitted' | 'doubt' | 'settled' | 'void';

/** How far the other side has been given a write. `none`: it needs nothing. `sending`: it may have it. */
export type MirrorState = 'none' | 'owed' | 'sending' | 'applied' | 'skipped';

/** `unknown`: there was nothing to compare, as a probe has settled the write. */
export type Verdict = 'matched' | 'divergent' | 'unknown';

export interface StoredRequest {
  method: string;
  /** Path and query as the client sent them. */
  target: string;
  /** As the backend gets them. */
  rawHeaders: readonly string[];
  /** Where the body is, if it is in a file. */
  bodyFile?: string;
  /** What that body says, as far as its beginning shows it: a form's files, by the names of their parts. */
  form?: unknown;
  /** Of its route when it was admitted: says whether the other side is given it. `new` where it is left out. */
  mode?: ModeName;
  /** `traceparent` of the exchange that it came with, so that its replay goes on with that trace. */
  trace?: string | undefined;
}

export interface StoredAnswer {
  status: number;
  reason: string;
  rawHeaders: readonly string[];
  body: Uint8Array;
}
