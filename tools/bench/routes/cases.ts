/** What is asked of each route. Writes come last, as they change what reads read. */
import type { LoadRequest } from '../load/load.ts';
import type { Seeded } from './state.ts';

export interface Case {
  name: string;
  kind: 'read' | 'write';
  path: string;
  request?: LoadRequest;
  /** Answers that are right; 2xx unless told. */
  refusal?: true;
}

const json = (method: string, body: object): LoadRequest => ({ method, body: JSON.stringify(body) });

/** 100 KB of a form with a file. */
const form = `--b\r\nContent-Disposition: form-data; name="pdf"; filename="a.pdf"\r\n\r\n${'x'.repeat(100_000)}\r\n--b--\r\n`;

export function casesFor({ chat, job }: Seeded): Case[] {
  const read = (name: string, path: string): Case => ({ name, kind: 'read', path });
  return [
    read('GET health', '/api/health'),
    read('GET chats', '/api/chats'),
    read('GET chats/ID, 20 messages', `/api/chats/${chat}`),
    read('GET chats/ID/docs', `/api/chats/${chat}/docs`),
    read('GET chats/ID/pdfs', `/api/chats/${chat}/pdfs`),
    read('GET pdfs', '/api/pdfs'),
    read('GET upload-status/JOB', `/api/upload-status/${job}`),
    {
      name: 'PUT chats/ID/rename',
      kind: 'write',
      path: `/api/chats/${chat}/rename`,
      request: json('PUT', { title: 'Walruses' }),
    },
    {
      name: 'DELETE chats/ID, none',
      kind: 'write',
      path: '/api/chats/nobody',
      request: { method: 'DELETE' },
    },
    {
      name: 'DELETE pdfs/NAME, none',
      kind: 'write',
      path: `/api/chats/${chat}/pdfs/b.pdf`,
      request: { method: 'DELETE' },
      refusal: true,
    },
    {
      name: 'POST upload-pdf, refused',
      kind: 'write',
      path: '/api/chats/nobody/upload-pdf',
      request: { method: 'POST', type: 'multipart/form-data; boundary=b', body: form },
      refusal: true,
    },
    {
      name: 'POST messages',
      kind: 'write',
      path: '/api/chats/somebody/messages',
      request: json('POST', { message: 'Hello' }),
    },
    { name: 'POST chats', kind: 'write', path: '/api/chats', request: { method: 'POST' } },
  ];
}
