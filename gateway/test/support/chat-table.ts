/** The route table of a chat application in few words: every kind of key, id, time, probe and body, and short schemas. */
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import {
  ANYTHING_ELSE,
  type HttpMethod,
  type IdField,
  type JsonPlace,
  type Key,
  type Place,
  type Probe,
  type Route,
  type TimeField,
} from '@banyan/route-table/route-table.ts';
import { createRoute, z } from '@hono/zod-openapi';

const path = (name: string): Place => ({ in: 'path', name });
const request = (at: JsonPlace): Place => ({ in: 'request', at });
const response = (at: JsonPlace): Place => ({ in: 'response', at });

const list: Key = { list: 'chat' };
const every: Key = { every: 'chat' };
const chat: Key = { one: 'chat', named: path('chat_id') };

const id = (kind: string, role: IdField['role'], place: Place): IdField => ({
  kind,
  place,
  role,
  format: 'uuid4',
});
const shown = (kind: string, at: JsonPlace) => id(kind, 'used', response(at));
const ofPath = id('chat', 'used', path('chat_id'));
const time = (role: TimeField['role'], ...places: JsonPlace[]): TimeField[] =>
  places.map((at) => ({ place: response(at), role, format: 'local-microseconds-z' }));

type Columns = Pick<Route, 'keys' | 'ids'> & Partial<Route>;
interface Documented {
  /** Of errors that the application answers with by design. */
  errors?: number[];
  body?: z.ZodObject;
  answer?: z.ZodObject;
  summary?: string;
}

const ofChat: Columns = { keys: [chat], ids: [ofPath] };
const schemaOf = (parameters: readonly string[]) =>
  z.object(Object.fromEntries(parameters.map((name) => [name, z.string()])));

/** @param key METHOD and path */
function route(
  key: string,
  columns: Columns,
  { errors = [], body, answer, summary = key }: Documented = {},
): Route {
  const [method, at] = key.split(' ') as [HttpMethod, string];
  const parameters = [...at.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const type = columns.body === 'multipart' ? 'multipart/form-data' : 'application/json';
  const responses: [number, object][] = [200, ...errors].map((status) => [
    status,
    {
      description: status === 200 && answer ? 'The reply and its sources' : String(status),
      ...(status === 200 && answer && { content: { 'application/json': { schema: answer } } }),
    },
  ]);
  return {
    key,
    method,
    path: at,
    access: method === 'GET' ? 'read' : 'write',
    body: body ? 'json' : 'none',
    times: [],
    longest: 30_000,
    openapi: createRoute({
      method: method.toLowerCase() as 'get',
      summary,
      path: at.replace(/:(\w+)/g, '{$1}') as '/',
      request: {
        ...(parameters.length > 0 && { params: schemaOf(parameters) }),
        ...(body && { body: { content: { [type]: { schema: body } } } }),
      },
      responses: Object.fromEntries(responses),
    }),
    ...columns,
  };
}

const probes = {
  created: {
    shows: 'element-added',
    read: 'GET /api/chats',
    at: '$',
    id: 'id',
    fits: { title: response('$.title') },
  },
  deleted: { shows: 'element-gone', read: 'GET /api/chats', at: '$', where: { id: path('chat_id') } },
  renamed: {
    shows: 'field-set',
    read: 'GET /api/chats',
    at: '$',
    where: { id: path('chat_id') },
    field: 'title',
    to: request('$.title'),
  },
  asked: {
    shows: 'tail-added',
    read: 'GET /api/chats/:chat_id',
    at: '$',
    grows: 2,
    tail: [{ text: request('$.message') }, { text: response('$.reply') }],
  },
  uploaded: {
    shows: 'element-added',
    read: 'GET /api/chats/:chat_id/docs',
    at: '$.processing',
    id: 'job_id',
    fits: { name: request('$.pdf.filename') },
  },
  removed: {
    shows: 'element-gone',
    read: 'GET /api/chats/:chat_id/pdfs',
    at: '$.pdfs',
    where: { name: path('name') },
  },
} satisfies Record<string, Probe>;

/** A model call's last turn, as legacy words it, with the message of a client. */
const lastTurn = ['Please answer the following message: {message}'];
const relay = { lastTurn, message: request('$.message'), reply: response('$.reply') };

export const chatTable = defineRouteTable({
  routes: [
    route('GET /api/health', { keys: [], ids: [], times: time('now', '$.timestamp'), longest: 10_000 }),
    route('GET /api/chats', {
      keys: [list, every],
      ids: [shown('chat', '$[*].id')],
      times: time('stored', '$[*].created_at', '$[*].updated_at', '$[*].pdf_list[*].upload_time'),
      order: { at: '$', by: 'updated_at', direction: 'descending' },
    }),
    route('POST /api/chats', {
      keys: [list, { one: 'chat', named: response('$.id') }],
      ids: [id('chat', 'made', response('$.id'))],
      times: time('stored', '$.created_at', '$.updated_at'),
      body: 'ignored',
      probe: probes.created,
    }),
    route('GET /api/chats/:chat_id', {
      keys: [chat],
      ids: [ofPath, id('message', 'invented', response('$[*].id'))],
      times: time('now', '$[*].timestamp'),
    }),
    route(
      'DELETE /api/chats/:chat_id',
      { keys: [list, chat], ids: [ofPath], probe: probes.deleted },
      { errors: [500] },
    ),
    route(
      'PUT /api/chats/:chat_id/rename',
      { ...ofChat, probe: probes.renamed },
      { errors: [400, 500], body: z.object({ title: z.string() }) },
    ),
    route(
      'POST /api/chats/:chat_id/messages',
      { ...ofChat, probe: probes.asked, relay },
      {
        errors: [400, 500],
        body: z.object({ message: z.string() }),
        answer: z.object({ reply: z.string(), sources: z.array(z.unknown()) }),
        summary: 'Ask a question; the answer draws on the PDFs of the chat',
      },
    ),
    route(
      'POST /api/chats/:chat_id/upload-pdf',
      {
        keys: [chat, { one: 'job', named: response('$.job_id') }],
        ids: [ofPath, id('job', 'made', response('$.job_id'))],
        body: 'multipart',
        probe: probes.uploaded,
      },
      { errors: [400, 404, 500], body: z.object({ pdf: z.string() }) },
    ),
    route('GET /api/upload-status/:job_id', {
      keys: [{ one: 'job', named: path('job_id') }],
      ids: [id('job', 'used', path('job_id')), shown('job', '$.job_id'), shown('chat', '$.chat_id')],
      times: time('stored', '$.started_at', '$.finished_at'),
    }),
    route('GET /api/chats/:chat_id/docs', {
      keys: [chat],
      ids: [ofPath, shown('chat', '$.chat_id'), shown('job', '$.processing[*].job_id')],
    }),
    route('GET /api/chats/:chat_id/pdfs', { keys: [chat], ids: [ofPath, shown('chat', '$.chat_id')] }),
    route('GET /api/pdfs', {
      keys: [list, every],
      ids: [shown('chat', '$.pdfs[*].chat_id')],
      times: time('stored', '$.pdfs[*].uploaded_at'),
    }),
    route('DELETE /api/chats/:chat_id/pdfs/:name', { ...ofChat, probe: probes.removed }, { errors: [404] }),
  ],
  anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: 30_000 },
});

/** A flag file as an application ships it: legacy, with evidence asked for, and every route in a phase. */
export const shippedLikeFlags = `# Which backend serves each route.
routes:
  GET /api/health: legacy

# A route is flipped to new only where evidence proves it.
evidence: enforce

# What rolls a route back by itself that new serves.
guards: { errors: 2%, divergences: 0, latency: 3x, window: 1m, sample: 20 }

# Routes that are flipped together, each route in one phase.
phases:
  health: [GET /api/health]
  read-only:
    - GET /api/chats
    - GET /api/chats/:chat_id
    - GET /api/chats/:chat_id/docs
    - GET /api/chats/:chat_id/pdfs
    - GET /api/pdfs
  chats:
    - POST /api/chats
    - PUT /api/chats/:chat_id/rename
    - DELETE /api/chats/:chat_id
  messages: [POST /api/chats/:chat_id/messages]
  documents:
    - POST /api/chats/:chat_id/upload-pdf
    - GET /api/upload-status/:job_id
    - DELETE /api/chats/:chat_id/pdfs/:name
  the-rest: [anything else]
`;
