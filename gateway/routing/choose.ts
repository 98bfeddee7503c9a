/** Who is to serve a request. */
import type { BackendName, RouteTable } from '@banyan/route-table/route-table.ts';
import { isInShare, type ModeName, nameOf, shareOf } from '../continuity/protocol/modes.ts';
import { roles } from '../continuity/protocol/roles.ts';
import { shareKey } from '../flags/fitting.ts';
import type { FlagsInForce } from '../flags/model.ts';
import type { Found } from './row.ts';

export interface Choice {
  flagged: BackendName;
  mode: ModeName;
}

export type Choose = (flags: FlagsInForce, found: Found) => Choice;

const byLegacy: Choice = { flagged: 'legacy', mode: 'legacy' };

/**
 * A path that is not canonical is legacy's, for as long as there is a legacy: only it knows how it reads such a path. Once
 * every route is completed, it may be gone.
 */
export function createChoose(table: RouteTable): Choose {
  const idIn = ({ row, match }: Found) => {
    const named = shareKey(table, row.key);
    return named && match?.params[named.name];
  };
  return (flags, found) => {
    const flag = flags.routes.get(found.row.key);
    if (!flag || !(found.target.canonical || isCompleted(flags))) return byLegacy;
    const mode = nameOf(flag.mode);
    // Reads and writes of a mode are served alike.
    const { serves } = roles[mode].read;
    if (serves !== 'share') return { flagged: serves, mode };
    const id = idIn(found);
    return { flagged: id !== undefined && isInShare(id, shareOf(flag.mode)) ? 'new' : 'legacy', mode };
  };
}

const isCompleted = ({ routes }: FlagsInForce) =>
  [...routes.values()].every(({ mode }) => nameOf(mode) === 'complete');
