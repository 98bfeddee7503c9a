/**
 * Paths in another spelling that legacy reads as a route: `/api%2Fchats`. Their writes belong into the journal, and their answers
 * have ids and times in them, so they are sent in the route's own spelling.
 */

import { headerOf } from '@banyan/operations/http/headers.ts';
import { dialectOf } from '@banyan/route-table/dialect.ts';
import { filledPath } from '@banyan/route-table/fill.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { Asked } from './protocol/continuity.ts';

/** @returns the same where the path is canonical, or no route's however it is read */
export function createSpelling(table: RouteTable): (asked: Asked) => Asked {
  const { spelled } = dialectOf(table);
  if (!spelled) return (asked) => asked;
  return (asked) => {
    const { target, request } = asked;
    if (target.canonical) return asked;
    const { method, rawHeaders } = request;
    const found = spelled(method, target.raw, headerOf(rawHeaders, 'host') ?? '');
    if (!found) return asked;
    const { params } = found;
    const path = filledPath(found.path, params);
    const raw = path + target.raw.slice(target.path.length);
    const match = { routes: table.routes.filter((other) => other.path === found.path), params };
    return { ...asked, target: { raw, path, canonical: true }, match, request: { ...request, target: raw } };
  };
}
