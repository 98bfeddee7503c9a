import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { checkGraph } from '@banyan/suite/graph-check.ts';
import { recordingOf } from '@banyan/suite/testing/recording.ts';
import { expect, it } from 'vitest';
import { startNotesApp } from './app.ts';
import { notesTable } from './table.ts';

const idOf = (answer: { body: Uint8Array }) => JSON.parse(Buffer.from(answer.body).toString()).id as string;

async function recorded(): Promise<Recording> {
  const app = await startNotesApp();
  try {
    return await recordingOf(notesTable, app.url, async (ask) => {
      const one = idOf(await ask('POST', '/notes', { text: 'one' }));
      const two = idOf(await ask('POST', '/notes', { text: 'two' }));
      await ask('POST', `/notes/${one}/link`, { to: two });
      await ask('GET', `/notes/${one}`);
      await ask('GET', '/notes');
      await ask('DELETE', `/notes/${one}`);
    });
  } finally {
    await app.close();
  }
}

/** The notes' table without one field of a route. */
function without(key: string, list: 'ids' | 'times', place: string): RouteTable {
  const routes = notesTable.routes.map((route) =>
    route.key === key
      ? {
          ...route,
          [list]: route[list].filter(({ place: p }) => !('at' in p ? p.at : p.name).endsWith(place)),
        }
      : route,
  );
  return { ...notesTable, routes };
}

it('has nothing to say of a table that fits', async () => {
  const { undeclared, unseen } = checkGraph(notesTable, [await recorded()]);
  expect(undeclared).toEqual([]);
  expect(unseen.map(({ route, place }) => `${route} ${place}`)).toEqual([
    'POST /files response $.job',
    'GET /files/:job path job',
    'GET /files/:job response $.job',
  ]);
});

it.each([
  ['POST /notes', 'ids', '$.id', 'response $.id'],
  ['POST /notes', 'times', '$.at', 'response $.at'],
  ['GET /notes', 'ids', '$[*].id', 'response $[*].id'],
  ['GET /notes/:id', 'ids', 'id', 'path id'],
  ['POST /notes/:id/link', 'ids', '$.to', 'request $.to'],
] as const)('misses a field that the table of %s does not have: %s %s', async (key, list, at, place) => {
  const { undeclared } = checkGraph(without(key, list, at), [await recorded()]);
  expect(undeclared.map(({ route, place: where }) => `${route} ${where}`)).toContain(`${key} ${place}`);
});

it('says where the table has an id for invented or for made before, and the traffic shows otherwise', async () => {
  const as = (role: 'invented' | 'used') => ({
    ...notesTable,
    routes: notesTable.routes.map((route) =>
      route.key === 'POST /notes' ? { ...route, ids: route.ids.map((id) => ({ ...id, role })) } : route,
    ),
  });
  const recording = await recorded();
  const said = (table: RouteTable) => checkGraph(table, [recording]).undeclared.map(({ what }) => what);
  expect(said(as('invented'))).toEqual(['the table says that these ids are invented, and one is seen again']);
  expect(said(as('used'))).toEqual([
    'the table says that this id was made before, and no answer before shows it',
  ]);
});
