/** What is in force: a frozen model, apart from what a person wrote in the flag file. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Mode } from '../continuity/protocol/modes.ts';

export type { Mode } from '../continuity/protocol/modes.ts';

/** What becomes of a flip to `new` of a route that has no evidence. */
export const evidenceModes = ['enforce', 'warn'] as const;
export type EvidenceMode = (typeof evidenceModes)[number];

/** A route's flag, and how it came to be. */
export interface FlagInForce {
  mode: Mode;
  /** ISO 8601, UTC. */
  since: string;
  by: string;
}

/** What rolls a route back that `new` serves. */
export interface Guards {
  /** The share of bad answers that is still borne, from 0 to 1. */
  errors: number;
  /** How many divergences are still borne within the window. */
  divergences: number;
  /** What 95 of 100 answers may take: milliseconds, or how many times as long as legacy's. Undefined: however long. */
  latency: { milliseconds: number } | { times: number } | undefined;
  /** What counts, in milliseconds up to now. */
  window: number;
  /** So many answers there must be before errors and latency are judged. */
  sample: number;
}

/**
 * A change that is in force and that the flag file does not say, because the file could not be written. It lasts until the
 * file says it, or until somebody edits that route in the file.
 */
export interface Unwritten {
  /** In force. */
  mode: Mode;
  /** The mode in the file when it could not be written. */
  said: Mode;
  /** ISO 8601, UTC. */
  since: string;
  by: string;
  why: string;
  /** Why the file could not be written, in the system's words. */
  reason: string;
}

/** A change of the flag file's text, for a person to make. Lines count from 1. */
export interface LineEdit {
  line: number;
  /** The text of the line, or lines, to replace; undefined where `becomes` is inserted before `line`. */
  was?: string | undefined;
  becomes: string;
}

/** How the flags in force differ from the flag file, and the edits that make the file say what is in force. */
export interface UnwrittenFlags {
  routes: readonly (Unwritten & { route: RouteKey })[];
  /** Empty where the file has faults: these come first. */
  edits: readonly LineEdit[];
}

/** One version of all flags: what a request is routed by, taken once a request. */
export interface FlagsInForce {
  /** Counts up with every change. */
  epoch: number;
  /** Has every row of the route table. */
  routes: ReadonlyMap<RouteKey, FlagInForce>;
  /** Phase name to the routes in it. */
  phases: ReadonlyMap<string, readonly RouteKey[]>;
  /** What rolls a route back by itself; undefined: nothing. */
  guards: Guards | undefined;
  /** The share of the reads in mode `shadow` that are compared. */
  sample: number;
}

/** A fault of the flag file: where, what, and what to do about it. Lines and columns count from 1. */
export interface FlagFault {
  line: number;
  column: number;
  message: string;
}

/** One line of the audit log. */
export interface AuditEntry {
  /** ISO 8601, UTC. */
  time: string;
  who: string;
  route: RouteKey;
  from: Mode;
  to: Mode;
  why: string;
  /** How it was changed: `command`, `file` (by hand), `start` (found changed when the gateway started), `guard` (by itself). */
  how: 'command' | 'file' | 'start' | 'guard';
  epoch: number;
  /** What evidence was lacking: the flip was forced, or the flag file only warns. */
  lacking?: string | undefined;
  /** Which alarm stood against it: the flip was forced. */
  alarm?: string | undefined;
  /** The flag file could not be written: the mode that it has, and why it could not be written. */
  unwritten?: { said: Mode; reason: string } | undefined;
  /** No flip: the alarm that a person has lifted. `from` is `to` then. */
  lifted?: string | undefined;
  /** No flip: the entry of the journal that a person decided never to give to the other backend. `from` is `to` then. */
  skipped?: string | undefined;
  /** A person decided that it was done, or not, in the place of skipping it. */
  decided?: 'done' | 'not done' | 'adopted' | 'kept' | 'given back' | undefined;
}
