/** What a diff of the whole state has found. */
import type { ShownDifference } from '../comparison/outcome.ts';

export interface DiffCounts {
  /** Keys that were compared: entities, and the list of each kind. */
  compared: number;
  equal: number;
  different: number;
  /** Of those that are equal: legacy has forgotten something that the new backend shows. */
  legacyLacks: number;
  /** They were written to all the time, or a write to them is stuck or still owed to a backend, so nothing can be said of them. */
  disturbed: number;
  /** A backend gave no answer. */
  unavailable: number;
}

export interface KeyDifferences {
  /** `chat:…`, or `list:chat` for what is not of a single chat. */
  key: string;
  /** The first ones. */
  differences: ShownDifference[];
  /** How many more there are. */
  more: number;
}

export interface DiffReport {
  /** ISO 8601, UTC. */
  started: string;
  ended: string;
  outcome: 'clean' | 'different' | 'undecided' | 'cancelled' | 'failed';
  /** Why it failed. */
  reason?: string;
  counts: DiffCounts;
  /** Of each kind, how many entities the lists of both backends have; a kind without a list cannot be compared as a whole. */
  kinds: { kind: string; entities: number; isListed: boolean }[];
  /** The first ones of each; `counts` has all. */
  different: KeyDifferences[];
  legacyLacks: KeyDifferences[];
  undecided: { key: string; reason: string }[];
}

export interface DiffProgress {
  started: string;
  /** `listing`: reads the lists. `comparing`: each key once. `settling`: again those that were being written to, and those that differ. */
  stage: 'listing' | 'comparing' | 'settling';
  done: number;
  total: number;
  /** So far. */
  different: number;
}

const shownDifferences = 10;
/** Characters. */
const before = 40;
const shown = 400;

export function keyDifferences(key: string, differences: readonly ShownDifference[]): KeyDifferences {
  return {
    key,
    differences: differences.slice(0, shownDifferences).map(excerpt),
    more: Math.max(0, differences.length - shownDifferences),
  };
}

/** Long texts are shown from shortly before where they begin to differ. */
export function excerpt(difference: ShownDifference): ShownDifference {
  const { left, right } = difference;
  if (Math.max(left.length, right.length) <= shown) return difference;
  let at = 0;
  while (at < Math.min(left.length, right.length) && left[at] === right[at]) at += 1;
  const from = Math.max(0, at - before);
  const cut = (text: string) =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + shown)}${text.length > from + shown ? '…' : ''}`;
  return { ...difference, left: cut(left), right: cut(right) };
}
