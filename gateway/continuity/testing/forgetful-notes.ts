/** Notes whose legacy keeps in memory alone which scans it has, so that a restart makes it forget them. */
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';

export const SCANS = 'GET /notes/:note_id/scans';
export const SCAN = 'GET /scans/:scan_id';

const columns: Readonly<Record<string, Partial<Route>>> = {
  [SCANS]: { forgotten: { lists: ['$.done', '$.waiting'] } },
  [SCAN]: { forgotten: { status: 404 } },
  'POST /notes/:note_id/lines': { recalls: true },
  'POST /notes/:note_id/scans': {
    again: {
      after: 'DELETE /notes/:note_id/scans/:name',
      params: { note_id: { in: 'path', name: 'note_id' }, name: { in: 'request', at: '$.name' } },
    },
  },
};

/** Which scans a note has, read or not: legacy has that on its disk. */
const files = (route: Route): Route => ({
  ...route,
  key: 'GET /notes/:note_id/files',
  path: '/notes/:note_id/files',
  ids: route.ids.filter(({ place }) => place.in === 'path'),
});

/** Takes one scan away, and shows it by the list of the files. */
const removal = (route: Route): Route => ({
  ...route,
  key: 'DELETE /notes/:note_id/scans/:name',
  path: '/notes/:note_id/scans/:name',
  keys: route.keys.filter((key) => 'one' in key),
  probe: {
    shows: 'element-gone',
    read: 'GET /notes/:note_id/files',
    at: '$.files',
    where: { name: { in: 'path', name: 'name' } },
  },
});

/** @param known the reads by which a restart is recognised */
export const forgetful =
  (known: string[] = [SCAN, SCANS]) =>
  (notes: RouteTable): RouteTable =>
    defineRouteTable({
      ...notes,
      routes: notes.routes.flatMap((route) => [
        { ...route, ...columns[route.key] },
        ...(route.key === 'DELETE /notes/:note_id' ? [removal(route)] : []),
        ...(route.key === SCANS ? [files(route)] : []),
      ]),
      restarts: { known },
    });
