/** Notes whose legacy keeps in memory alone which scans it has, so that a restart makes it forget them. */
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';

export const SCANS = 'GET /notes/:note_id/scans';
export const SCAN = 'GET /scans/:scan_id';

const columns: Readonly<Record<string, Partial<Route>>> = {
  [SCANS]: { forgotten: { lists: ['$.done', '$.waiting'] } },
  [SCAN]: { forgotten: { status: 404 } },
  'POST /notes/:note_id/lines': { recalls: true },
};

/** @param known the reads by which a restart is recognised */
export const forgetful =
  (known: string[] = [SCAN, SCANS]) =>
  (notes: RouteTable): RouteTable =>
    defineRouteTable({
      ...notes,
      routes: notes.routes.map((route) => ({ ...route, ...columns[route.key] })),
      restarts: { known },
    });
