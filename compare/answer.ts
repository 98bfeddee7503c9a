/** What goes into a comparison and what comes out. */

/** An answer as it came off the wire, whole. */
export interface Answer {
  status: number;
  reason: string;
  /** Name, value, name, value, … as sent. */
  rawHeaders: readonly string[];
  body: Uint8Array;
  /** How it broke HTTP: bytes after its end, an end before its length. */
  broken?: string;
}

export type DifferenceKind =
  | 'broken'
  | 'status'
  | 'reason'
  /** A header or member that only the left answer has … */
  | 'missing'
  /** … that only the right answer has. */
  | 'extra'
  | 'name case'
  | 'value'
  | 'type'
  /** The same value, written otherwise: `"é"` and `"\u00e9"`, `1` and `1.0`. */
  | 'escapes'
  | 'spacing'
  | 'key order'
  | 'order'
  | 'length'
  /** A volatile value that has not the format of its kind. */
  | 'format'
  /** A volatile value that is not the one that its place calls for. */
  | 'binding'
  /** A time outside of its request, or before one that it has to follow. */
  | 'time'
  | 'bytes';

export interface Difference {
  /** `status`, `reason`, `header Content-Type`, `body $.chats[0].title`, `body bytes at 17`. */
  place: string;
  kind: DifferenceKind;
  /** What stands there on either side; empty where nothing does. */
  left: string;
  right: string;
  /** Says what is wrong where the two values do not show it. */
  note?: string;
}

/** A difference that a named rule of the comparison takes out: counted and shown, not a divergence. */
export interface Tolerated {
  rule: string;
  place: string;
  left: string;
  right: string;
}

/** Two values that stand for each other from now on. */
export interface LearnedPair {
  kind: string;
  left: string;
  right: string;
}

export interface Comparison {
  differences: Difference[];
  tolerated: Tolerated[];
  /** Volatile values that were matched by rule. */
  volatile: number;
  /** What the answers say of ids and times; to be given to the bindings once the comparison counts. */
  learned: LearnedPair[];
}
