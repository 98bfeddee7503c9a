/** Legacy's restarts and what it lacks, for people. */
import type { Lack } from '../knowledge/legacy-memory.ts';

export interface LegacyState {
  /** 1 before the first restart that was seen. */
  incarnation: number;
  /** ISO 8601, UTC. */
  since: string;
  /** What has shown the last restart. */
  sign: string;
  /** Both backends are still to be compared after it; until then the new backend serves what a restart makes legacy forget. */
  isBeingCompared: boolean;
  /** Keys of which legacy lacks something; the first ones with what it is. */
  lacking: { count: number; first: ({ key: string } & Lack)[] };
  /** Kinds that the new backend may not serve in legacy's place, as a write of theirs is not proven there. */
  unproven: string[];
  /** Why nothing is written to legacy until a person decides. */
  blocked: string | null;
}

/** In one line. */
export function legacyLine({
  incarnation,
  since,
  lacking,
  isBeingCompared,
  blocked,
  unproven,
}: LegacyState): string {
  const restarts = incarnation - 1;
  const seen = `Legacy: ${restarts === 0 ? 'no restart seen' : `${restarts} ${restarts === 1 ? 'restart' : 'restarts'} seen, the last one ${since.slice(0, 19).replace('T', ' ')} UTC`}`;
  const lacks = lacking.count === 0 ? 'lacks nothing' : `lacks something of ${lacking.count} keys`;
  const served = unproven.length > 0 ? ' (it serves them all the same: writes are not proven)' : '';
  const compared = isBeingCompared ? '; both backends are being compared' : '';
  return `${seen}; ${lacks}${lacking.count > 0 ? served : ''}${compared}${blocked === null ? '' : `; nothing is written to it: ${blocked}`}`;
}
