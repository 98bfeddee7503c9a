/** Who is to serve a request. */
import { createMatch } from '@banyan/route-table/match.ts';
import type { BackendName, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { isInShare, type ModeName, nameOf, shareOf } from '../continuity/protocol/modes.ts';
import { roles } from '../continuity/protocol/roles.ts';
import type { Target } from '../edge/target.ts';
import { shareKey } from '../flags/fitting.ts';
import type { FlagsInForce } from '../flags/model.ts';

export interface Choice {
  flagged: BackendName;
  mode: ModeName;
}

export type Choose = (flags: FlagsInForce, key: RouteKey, target: Target) => Choice;

const byLegacy: Choice = { flagged: 'legacy', mode: 'legacy' };

/**
 * A path that is not canonical is legacy's, for as long as there is a legacy: only it knows how it reads such a path. Once
 * every route is completed, it may be gone.
 */
export function createChoose(table: RouteTable): Choose {
  const match = createMatch(table);
  const idIn = (key: RouteKey, path: string) => {
    const named = shareKey(table, key);
    return named && match(path)?.params[named.name];
  };
  return (flags, key, target) => {
    const flag = flags.routes.get(key);
    if (!flag || !(target.canonical || isCompleted(flags))) return byLegacy;
    const mode = nameOf(flag.mode);
    // Reads and writes of a mode are served alike.
    const { serves } = roles[mode].read;
    if (serves !== 'share') return { flagged: serves, mode };
    const id = idIn(key, target.path);
    return { flagged: id !== undefined && isInShare(id, shareOf(flag.mode)) ? 'new' : 'legacy', mode };
  };
}

const isCompleted = ({ routes }: FlagsInForce) =>
  [...routes.values()].every(({ mode }) => nameOf(mode) === 'complete');
