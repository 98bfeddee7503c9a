/** What the suite is told of the notes. */
import type {
  IdField,
  JsonPlace,
  Place,
  Route,
  RouteTable,
  TimeField,
} from '@banyan/route-table/route-table.ts';
import { ANYTHING_ELSE } from '@banyan/route-table/route-table.ts';

const at = (place: JsonPlace): Place => ({ in: 'response', at: place });
const id = (kind: string, role: IdField['role'], place: Place): IdField => ({
  kind,
  place,
  role,
  format: 'uuid4',
});
const time = (role: TimeField['role'], place: JsonPlace): TimeField => ({
  place: at(place),
  role,
  format: 'local-microseconds-z',
});

function route(key: string, over: Partial<Route> = {}): Route {
  const [method = '', path = ''] = key.split(' ');
  const access = method === 'GET' ? 'read' : 'write';
  const openapi = { method: 'get', path, responses: {} } as Route['openapi'];
  return {
    key,
    method: method as Route['method'],
    path,
    access,
    body: 'json',
    openapi,
    keys: [],
    ids: [],
    times: [],
    longest: 5000,
    ...over,
  };
}

export const notesTable: RouteTable = {
  routes: [
    route('GET /notes', {
      ids: [id('note', 'used', at('$[*].id'))],
      times: [time('stored', '$[*].at')],
      order: { at: '$', by: 'at', direction: 'descending' },
    }),
    route('POST /notes', { ids: [id('note', 'made', at('$.id'))], times: [time('stored', '$.at')] }),
    route('GET /notes/:id', {
      ids: [
        id('note', 'used', { in: 'path', name: 'id' }),
        id('note', 'used', at('$.id')),
        id('view', 'invented', at('$.view')),
      ],
      times: [time('stored', '$.at'), time('now', '$.seen')],
    }),
    route('DELETE /notes/:id', { ids: [id('note', 'used', { in: 'path', name: 'id' })] }),
    route('POST /notes/:id/link', {
      ids: [
        id('note', 'used', { in: 'path', name: 'id' }),
        id('note', 'used', { in: 'request', at: '$.to' }),
      ],
    }),
    route('POST /files', { ids: [id('job', 'made', at('$.job'))] }),
    route('GET /files/:job', {
      ids: [id('job', 'used', { in: 'path', name: 'job' }), id('job', 'used', at('$.job'))],
      polling: { at: '$.status', until: ['done'] },
    }),
  ],
  anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: 5000 },
};
