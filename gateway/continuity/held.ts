/** A request that had to wait before it could be sent. */
import type { RouteKey } from '../../contract/route-table.ts';

export interface Held {
  route: RouteKey;
  /** A write waits for its keys to come to its side, a read for what the mirror has not given yet. */
  access: 'read' | 'write';
  milliseconds: number;
}
