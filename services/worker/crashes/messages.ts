/** What the crash runs say to a backend process, as JSON. */
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { Patience } from '../../jobs/store.ts';
import type { Findings, Gone } from './findings.ts';

export interface BackendConfig {
  place: DatabasePlace;
  redisUrl?: string;
  dataFolder: string;
  /** Whether it makes documents, too. */
  work: boolean;
  patience: Patience;
  heartbeatEvery: number;
  reconcileEvery: number;
}

export type Question =
  /** Into a chat that is there, or into one of its own. */
  | { kind: 'upload'; file: string; chatId?: string }
  /** With the quirks retired that would keep what is deleted. */
  | { kind: 'delete'; chatId: string; jobId?: string }
  | { kind: 'find'; gone: Gone[] };

export type Request = { n: number } & Question;

export type Answer =
  | { kind: 'ready' }
  /** Acknowledged: what a client was told with 202. */
  | { kind: 'stored'; n: number; jobId: string; chatId: string }
  | { kind: 'deleted'; n: number; was: 'deleted' | 'no-chat' | 'no-pdf' }
  | { kind: 'found'; n: number; findings: Findings }
  | { kind: 'failed'; n: number; error: string };
