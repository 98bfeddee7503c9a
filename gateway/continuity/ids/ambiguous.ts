/** Ids that name one thing on legacy and another one on `new`. */
import type { Route } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Lag } from '../journal/lag.ts';
import { type Known, keyOf } from '../protocol/keys.ts';
import { unsupportedNamed } from './unsupported.ts';

/**
 * After `rollback --now` legacy serves without what only `new` has. A number that `new` gave may be another thing's there.
 * @throws BanyanError `id_ambiguous`
 */
export function refuseAmbiguous(
  route: Route,
  known: Known,
  { alarms, lag }: { alarms: Alarms; lag: Lag },
): void {
  const named = unsupportedNamed(route, known).filter(({ kind }) => alarms.isUnsupported(kind));
  const keys = named.map(({ kind, id }) => keyOf(kind, id));
  if (keys.length > 0 && lag.leftOf(keys).length > 0) throw new BanyanError('id_ambiguous');
}
