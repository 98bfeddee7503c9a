/** Which errors of the server's own are legacy's contract, for which request. */
import { expect, it } from 'vitest';
import { chatTable } from '../test/support/chat-table.ts';
import { type AskedRequest, isForeseen } from './foreseen.ts';

const uuid = '0f8c1a52-6f0e-4c36-9d0b-2a5f1c9e7d11';
const json = ['Content-Type', 'application/json'];
const UPLOAD = 'POST /api/chats/:chat_id/upload-pdf';

const asked = (request: unknown, changes: Partial<AskedRequest> = {}): AskedRequest => ({
  params: { chat_id: uuid },
  request,
  rawHeaders: json,
  isBodyKnown: true,
  ...changes,
});

it.each<[boolean, string, number, AskedRequest]>([
  [true, 'PUT /api/chats/:chat_id/rename', 200, asked({ title: 'x' })],
  [true, 'PUT /api/chats/:chat_id/rename', 500, asked({ title: 1 })],
  [true, 'PUT /api/chats/:chat_id/rename', 500, asked(undefined)],
  [true, 'PUT /api/chats/:chat_id/rename', 500, asked({ title: 'x' }, { rawHeaders: [] })],
  [true, 'PUT /api/chats/:chat_id/rename', 500, asked({ title: 'x' }, { isBodyKnown: false })],
  [false, 'PUT /api/chats/:chat_id/rename', 500, asked({ title: 'x' })],
  [false, 'PUT /api/chats/:chat_id/rename', 503, asked({ title: 1 })],
  [false, 'POST /api/chats/:chat_id/messages', 500, asked({ message: 'x' })],
  [true, 'POST /api/chats/:chat_id/messages', 500, asked([])],
  [true, 'DELETE /api/chats/:chat_id', 500, asked(undefined, { params: { chat_id: 'x'.repeat(300) } })],
  [false, 'DELETE /api/chats/:chat_id', 500, asked(undefined)],
  [false, UPLOAD, 500, asked(undefined, { parts: ['pdf'] })],
  [true, UPLOAD, 500, asked(undefined, { parts: Array.from({ length: 1001 }, () => '') })],
  [true, UPLOAD, 500, asked(undefined, { parts: Array.from({ length: 1001 }, () => 'pdf') })],
  [true, UPLOAD, 500, asked(undefined, { parts: ['pdf', 'more'] })],
  [true, UPLOAD, 500, asked(undefined, { parts: [] })],
  [true, UPLOAD, 500, asked(undefined)],
  [false, UPLOAD, 503, asked(undefined, { parts: [] })],
  [false, 'GET /api/chats', 500, asked(undefined)],
])('%s: %s may answer %d', (expected, key, status, request) => {
  const route = chatTable.routes.find((candidate) => candidate.key === key);
  expect(route && isForeseen(route, status, request)).toBe(expected);
});
