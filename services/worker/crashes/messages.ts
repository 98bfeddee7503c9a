/** What the crash runs say to a backend process, as JSON. */
import type { DatabasePlace } from '../../db/dialects.ts';
import type { Patience } from '../../jobs/store.ts';
import type { Findings } from './findings.ts';

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

export type Request = { n: number } & ({ kind: 'upload'; file: string } | { kind: 'find' });

export type Answer =
  | { kind: 'ready' }
  /** Acknowledged: what a client was told with 202. */
  | { kind: 'stored'; n: number; jobId: string }
  | { kind: 'found'; n: number; findings: Findings }
  | { kind: 'failed'; n: number; error: string };
