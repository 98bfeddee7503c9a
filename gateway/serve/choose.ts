/** Who serves a request. */
import type { BackendName, RouteKey } from '../../contract/route-table.ts';
import type { Target } from '../edge/target.ts';
import { type FlagsInForce, servedBy } from '../flags/model.ts';

/** A path that is not canonical is always legacy's: only legacy knows how legacy reads it. */
export function choose(flags: FlagsInForce, key: RouteKey, target: Target): BackendName {
  if (!target.canonical) return 'legacy';
  const flag = flags.routes.get(key);
  return flag ? servedBy[flag.mode] : 'legacy';
}
