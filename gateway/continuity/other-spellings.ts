/**
 * Paths that are spelled otherwise than a route's and that legacy reads as that route: `/api%2Fchats`. What they write
 * belongs into the journal, and what they read has ids and times in it, so they are asked in the route's own spelling.
 */

import { headerOf } from '@banyan/operations/http/headers.ts';
import { dialectOf } from '@banyan/route-table/dialect.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { Asked } from '../serve/continuity.ts';

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
    const path = found.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const raw = path + target.raw.slice(target.path.length);
    return { ...asked, target: { raw, path, canonical: true }, request: { ...request, target: raw } };
  };
}
