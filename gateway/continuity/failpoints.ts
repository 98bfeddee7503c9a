/**
 * Named points at which a test can hold or fail the continuity machinery. Nothing is set in production: passing one costs a
 * look at an empty map.
 */
export type Failpoint =
  | 'admitted'
  | 'asking'
  | 'answered'
  | 'settle'
  | 'committed'
  | 'settled'
  | 'replay'
  | 'sending'
  | 'replayed'
  | 'ended'
  | 'applied'
  | 'failing'
  | 'times read'
  | 'evening'
  | 'synced';

type Action = (entryId: string) => Promise<void> | void;

const set = new Map<Failpoint, Action>();

/** Passes the point; a test may hold it there, or throw. */
export async function pass(point: Failpoint, entryId: string): Promise<void> {
  if (set.size > 0) await set.get(point)?.(entryId);
}

/** For tests. @returns what takes it away again */
export function onFailpoint(point: Failpoint, action: Action): () => void {
  set.set(point, action);
  return () => {
    if (set.get(point) === action) set.delete(point);
  };
}
