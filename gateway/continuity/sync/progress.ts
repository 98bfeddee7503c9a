/** How the first sync is doing, for people. */
export interface KindProgress {
  kind: string;
  /**
   * `waiting`: what was sent to legacy before the gateway kept a journal may still take effect. `left`: the rest cannot be brought
   * now, and `reason` or `left` says why. `ended`: the new backend has all of the kind.
   */
  phase: 'waiting' | 'running' | 'paused' | 'left' | 'ended';
  /** Entities that the new backend is known to have. */
  known: number;
  /** Entities that there are; undefined while nothing has told. */
  total: number | undefined;
  /** Entities that are still unknown after an attempt, the first ones; `count` has all. */
  left: { count: number; first: { key: string; reason: string }[] };
  /** Why the kind as a whole cannot be synced. */
  reason: string | undefined;
  /** Seconds until it begins; 0 once it has. */
  beginsIn: number;
}
