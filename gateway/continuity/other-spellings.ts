/**
 * Paths that are spelled otherwise than a route's and that legacy reads as that route: `/api%2Fchats`. What they write
 * belongs into the journal, and what they read has ids and times in it, so they are asked in the route's own spelling.
 */

import { headerOf } from '@banyan/operations/http/headers.ts';
import { filledPath } from '@banyan/route-table/fill.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { createRouter } from '../../services/wire/route.ts';
import type { Asked } from './protocol/continuity.ts';

/** @returns the same where the path is canonical, or no route's however it is read */
export function createSpelling(table: RouteTable): (asked: Asked) => Asked {
  const routeAsLegacy = createRouter(table);
  return (asked) => {
    const { target, request } = asked;
    if (target.canonical) return asked;
    const { method, rawHeaders } = request;
    const routed = routeAsLegacy(method, target.raw, headerOf(rawHeaders, 'host') ?? '');
    if (routed.found !== 'route') return asked;
    const { route, params } = routed;
    const path = filledPath(route.path, params);
    const raw = path + target.raw.slice(target.path.length);
    const match = { routes: table.routes.filter((other) => other.path === route.path), params };
    return { ...asked, target: { raw, path, canonical: true }, match, request: { ...request, target: raw } };
  };
}
