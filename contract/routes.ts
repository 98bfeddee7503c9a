/** The route table of the RAG chatbot: its thirteen routes, and everything else. */

import { defineRouteTable } from '@banyan/route-table/checks.ts';
import type {
  IdField,
  JsonPlace,
  Key,
  Place,
  RelayTemplate,
  Route,
  TimeField,
} from '@banyan/route-table/route-table.ts';
import { ANYTHING_ELSE } from '@banyan/route-table/route-table.ts';
import { createRoute, z } from '@hono/zod-openapi';
import { promptEndings } from './prompt.ts';
import * as schema from './schemas.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const path = (name: string): Place => ({ in: 'path', name });
const request = (at: JsonPlace): Place => ({ in: 'request', at });
const response = (at: JsonPlace): Place => ({ in: 'response', at });

const list: Key = { list: 'chat' };
const chat: Key = { one: 'chat', named: path('chat_id') };

const usesChat: IdField = { kind: 'chat', place: path('chat_id'), role: 'used', format: 'uuid4' };
const id = (kind: string, role: IdField['role'], at: JsonPlace): IdField => ({
  kind,
  place: response(at),
  role,
  format: 'uuid4',
});
const time = (role: TimeField['role'], at: JsonPlace): TimeField => ({
  place: response(at),
  role,
  format: 'local-microseconds-z',
});

const chatTimes = (element: '$' | '$[*]'): TimeField[] => [
  time('stored', `${element}.created_at`),
  time('stored', `${element}.updated_at`),
];

const json = (description: string, body: z.ZodType) => ({
  description,
  content: { 'application/json': { schema: body } },
});
const failure = (description: string) => json(description, schema.Failure);
const chatId = z.object({ chat_id: z.string().openapi({ param: { name: 'chat_id', in: 'path' } }) });

/** A chat's model call: its last turn is the prompt. */
const messageTemplate: RelayTemplate = {
  lastTurn: promptEndings(),
  message: request('$.message'),
  reply: response('$.reply'),
};

const routes: Route[] = [
  {
    key: 'GET /api/health',
    method: 'GET',
    path: '/api/health',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/health',
      tags: ['health'],
      summary: 'Is the application up, and what can it use',
      responses: { 200: json('Healthy', schema.Health) },
    }),
    keys: [],
    ids: [],
    times: [time('now', '$.timestamp')],
    longest: 10 * SECOND,
  },
  {
    key: 'GET /api/chats',
    method: 'GET',
    path: '/api/chats',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/chats',
      tags: ['chats'],
      summary: 'All chats, last updated first',
      responses: { 200: json('The chats', z.array(schema.Chat)) },
    }),
    keys: [list, { every: 'chat' }],
    ids: [id('chat', 'used', '$[*].id')],
    times: [...chatTimes('$[*]'), time('stored', '$[*].pdf_list[*].upload_time')],
    counts: ['$[*].message_count'],
    order: { at: '$', by: 'updated_at', direction: 'descending' },
    elements: { at: '$', kind: 'chat', owner: 'id' },
    longest: 30 * SECOND,
  },
  {
    key: 'POST /api/chats',
    method: 'POST',
    path: '/api/chats',
    access: 'write',
    body: 'ignored',
    openapi: createRoute({
      method: 'post',
      path: '/api/chats',
      tags: ['chats'],
      summary: 'Create a chat',
      description: 'The body is never read.',
      responses: { 201: json('The new chat', schema.Chat) },
    }),
    keys: [list, { one: 'chat', named: response('$.id') }],
    ids: [id('chat', 'made', '$.id')],
    times: chatTimes('$'),
    probe: {
      shows: 'element-added',
      read: 'GET /api/chats',
      at: '$',
      id: 'id',
      fits: { title: response('$.title'), created_at: 'time-of-write' },
    },
    longest: 30 * SECOND,
  },
  {
    key: 'GET /api/chats/:chat_id',
    method: 'GET',
    path: '/api/chats/:chat_id',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/chats/{chat_id}',
      tags: ['messages'],
      summary: "A chat's messages",
      description: 'Message ids and times are made up anew in every answer. An unknown chat has no messages.',
      request: { params: chatId },
      responses: { 200: json('The messages, oldest first', z.array(schema.Message)) },
    }),
    keys: [chat],
    ids: [usesChat, id('message', 'invented', '$[*].id')],
    times: [time('now', '$[*].timestamp')],
    longest: 30 * SECOND,
  },
  {
    key: 'DELETE /api/chats/:chat_id',
    method: 'DELETE',
    path: '/api/chats/:chat_id',
    access: 'write',
    body: 'none',
    openapi: createRoute({
      method: 'delete',
      path: '/api/chats/{chat_id}',
      tags: ['chats'],
      summary: 'Delete a chat',
      request: { params: chatId },
      responses: {
        200: json('Deleted, or never there', schema.Acknowledgement),
        500: failure('An id that cannot be a file name'),
      },
    }),
    keys: [list, chat],
    ids: [usesChat],
    times: [],
    probe: { shows: 'element-gone', read: 'GET /api/chats', at: '$', where: { id: path('chat_id') } },
    longest: 30 * SECOND,
  },
  {
    key: 'PUT /api/chats/:chat_id/rename',
    method: 'PUT',
    path: '/api/chats/:chat_id/rename',
    access: 'write',
    body: 'json',
    openapi: createRoute({
      method: 'put',
      path: '/api/chats/{chat_id}/rename',
      tags: ['chats'],
      summary: 'Rename a chat',
      request: {
        params: chatId,
        body: { content: { 'application/json': { schema: schema.RenameRequest } }, required: true },
      },
      responses: {
        200: json('Renamed, or never there', schema.Acknowledgement),
        400: failure('The title is empty'),
        500: failure('The body is not an object with a string title'),
      },
    }),
    keys: [chat],
    ids: [usesChat],
    times: [],
    probe: {
      shows: 'field-set',
      read: 'GET /api/chats',
      at: '$',
      where: { id: path('chat_id') },
      field: 'title',
      to: request('$.title'),
    },
    longest: 30 * SECOND,
  },
  {
    key: 'POST /api/chats/:chat_id/messages',
    method: 'POST',
    path: '/api/chats/:chat_id/messages',
    access: 'write',
    body: 'json',
    openapi: createRoute({
      method: 'post',
      path: '/api/chats/{chat_id}/messages',
      tags: ['messages'],
      summary: 'Ask a question; the answer draws on the PDFs of the chat',
      description: 'A failing model is not an HTTP error: the reply then says so.',
      request: {
        params: chatId,
        body: { content: { 'application/json': { schema: schema.MessageRequest } }, required: true },
      },
      responses: {
        200: json('The reply and its sources', schema.MessageReply),
        400: failure('The message is empty'),
        500: failure('The body is not an object with a string message'),
      },
    }),
    keys: [chat],
    ids: [usesChat],
    times: [],
    probe: {
      shows: 'tail-added',
      read: 'GET /api/chats/:chat_id',
      at: '$',
      grows: 2,
      tail: [{ text: request('$.message') }, { text: response('$.reply') }],
    },
    relay: messageTemplate,
    longest: 5 * MINUTE,
  },
  {
    key: 'POST /api/chats/:chat_id/upload-pdf',
    method: 'POST',
    path: '/api/chats/:chat_id/upload-pdf',
    access: 'write',
    body: 'multipart',
    openapi: createRoute({
      method: 'post',
      path: '/api/chats/{chat_id}/upload-pdf',
      tags: ['documents'],
      summary: 'Upload a PDF; it is read in the background',
      description:
        'Errors are found in this order: no file, not a PDF, unknown chat, limit, duplicate, size.',
      request: {
        params: chatId,
        body: { content: { 'multipart/form-data': { schema: schema.UploadRequest } }, required: true },
      },
      responses: {
        202: json('Accepted; the job tells how it goes on', schema.UploadAccepted),
        400: failure('No PDF, the limit of the chat is reached, a duplicate, or larger than 50 MiB'),
        404: failure('No such chat'),
        500: failure('The form has too many parts, or a field that is too large'),
      },
    }),
    keys: [chat, { one: 'job', named: response('$.job_id') }],
    ids: [usesChat, id('job', 'made', '$.job_id')],
    times: [],
    probe: {
      shows: 'element-added',
      read: 'GET /api/chats/:chat_id/docs',
      at: '$.processing',
      id: 'job_id',
      fits: { name: request('$.pdf.filename') },
      ended: { at: '$.pdfs', fits: { name: request('$.pdf.filename') } },
    },
    longest: 5 * MINUTE,
  },
  {
    key: 'GET /api/upload-status/:job_id',
    method: 'GET',
    path: '/api/upload-status/:job_id',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/upload-status/{job_id}',
      tags: ['documents'],
      summary: 'How an upload is doing',
      request: {
        params: z.object({ job_id: z.string().openapi({ param: { name: 'job_id', in: 'path' } }) }),
      },
      responses: { 200: json('The job', schema.Job), 404: failure('No such job') },
    }),
    keys: [{ one: 'job', named: path('job_id') }],
    ids: [
      { kind: 'job', place: path('job_id'), role: 'used', format: 'uuid4' },
      id('job', 'used', '$.job_id'),
      id('chat', 'used', '$.chat_id'),
    ],
    times: [time('stored', '$.started_at'), time('stored', '$.finished_at')],
    // A thread that is faster than its job's entry leaves the job `queued` for good.
    polling: {
      at: '$.status',
      until: ['done', 'error'],
      ended: '$.finished_at',
      underWay: ['processing'],
    },
    forgotten: { status: 404 },
    longest: 30 * SECOND,
  },
  {
    key: 'GET /api/chats/:chat_id/docs',
    method: 'GET',
    path: '/api/chats/:chat_id/docs',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/chats/{chat_id}/docs',
      tags: ['documents'],
      summary: 'The documents of a chat, and those being read',
      request: { params: chatId },
      responses: { 200: json('The documents; none for an unknown chat', schema.Documents) },
    }),
    keys: [chat],
    ids: [usesChat, id('chat', 'used', '$.chat_id'), id('job', 'used', '$.processing[*].job_id')],
    times: [],
    forgotten: { lists: ['$.pdfs', '$.processing'], counts: ['$.total_docs'] },
    longest: 30 * SECOND,
  },
  {
    key: 'GET /api/chats/:chat_id/pdfs',
    method: 'GET',
    path: '/api/chats/:chat_id/pdfs',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/chats/{chat_id}/pdfs',
      tags: ['documents'],
      summary: 'The PDFs of a chat',
      request: { params: chatId },
      responses: { 200: json('The PDFs', schema.ChatPdfs), 404: failure('No such chat') },
    }),
    keys: [chat],
    ids: [usesChat, id('chat', 'used', '$.chat_id')],
    times: [],
    longest: 30 * SECOND,
  },
  {
    key: 'GET /api/pdfs',
    method: 'GET',
    path: '/api/pdfs',
    access: 'read',
    body: 'none',
    openapi: createRoute({
      method: 'get',
      path: '/api/pdfs',
      tags: ['documents'],
      summary: 'The PDFs of all chats, those of the newest chat first',
      responses: { 200: json('The PDFs', schema.AllPdfs) },
    }),
    keys: [list, { every: 'chat' }],
    ids: [id('chat', 'used', '$.pdfs[*].chat_id')],
    times: [time('stored', '$.pdfs[*].uploaded_at')],
    elements: { at: '$.pdfs', kind: 'chat', owner: 'chat_id', count: '$.total_pdfs' },
    longest: 30 * SECOND,
  },
  {
    key: 'DELETE /api/chats/:chat_id/pdfs/:name',
    method: 'DELETE',
    path: '/api/chats/:chat_id/pdfs/:name',
    access: 'write',
    body: 'none',
    openapi: createRoute({
      method: 'delete',
      path: '/api/chats/{chat_id}/pdfs/{name}',
      tags: ['documents'],
      summary: 'Remove a PDF from a chat',
      request: {
        params: chatId.extend({ name: z.string().openapi({ param: { name: 'name', in: 'path' } }) }),
      },
      responses: {
        200: json('Removed', schema.PdfRemoved),
        404: failure('No such PDF, or no such chat'),
      },
    }),
    keys: [chat],
    ids: [usesChat, id('chat', 'used', '$.chat_id')],
    times: [],
    probe: {
      shows: 'element-gone',
      read: 'GET /api/chats/:chat_id/pdfs',
      at: '$.pdfs',
      where: { name: path('name') },
    },
    longest: 30 * SECOND,
  },
];

export const routeTable = defineRouteTable({
  routes,
  anythingElse: { key: ANYTHING_ELSE, access: 'read', longest: 30 * SECOND },
});
