/** What people rarely do, and planted faults show in: short sequences of requests, recorded by `record.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Drawn, mark } from '@banyan/suite/fuzz/drawn.ts';

const corpus = join(import.meta.dirname, '../../services/ingestion/corpus/documents');
const chat = mark('chat', 0);
const get = (target: string): Drawn => ({ method: 'GET', target, headers: [] });
const create: Drawn = { method: 'POST', target: '/api/chats', headers: [] };

function json(method: string, target: string, body: string, type = 'application/json'): Drawn {
  return { method, target, headers: [['Content-Type', type]], body: Buffer.from(body) };
}
const rename = (body: string, type?: string) => json('PUT', `/api/chats/${chat}/rename`, body, type);
const ask = (message: string) => json('POST', `/api/chats/${chat}/messages`, JSON.stringify({ message }));

interface File {
  name: string;
  content: Buffer;
}

function upload(...files: File[]): Drawn {
  return uploadTo(chat, ...files);
}

function uploadTo(id: string, ...files: File[]): Drawn {
  const part = ({ name, content }: File) => [
    Buffer.from(`--b\r\nContent-Disposition: form-data; name="pdf"; filename="${name}"\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ];
  return {
    method: 'POST',
    target: `/api/chats/${id}/upload-pdf`,
    headers: [['Content-Type', 'multipart/form-data; boundary=b']],
    body: Buffer.concat([...files.flatMap(part), Buffer.from('--b--\r\n')]),
  };
}

const document = (name: string, as = `${name}.pdf`): File => ({
  name: as,
  content: readFileSync(join(corpus, `${name}.pdf`)),
});

export const sequences: Record<string, readonly Drawn[]> = {
  'odd-bodies': [
    create,
    rename('{"title": "suffix"}', 'application/vnd.api+json; v=1'),
    rename('\ufeff{"title": "marked"}'),
    get('/api/chats'),
    rename('{"title": "\\u001c\\u0085 not in every language a space \\u001f"}'),
    rename('{"title": "\\ufeffnor one in Python\\ufeff"}'),
    get('/api/chats'),
    ask('\u001c\u0085'),
    uploadTo('nobody', { name: 'first.txt', content: Buffer.from('first') }),
    upload({ name: 'first.txt', content: Buffer.from('first') }, document('plain', 'second.pdf')),
    get(`/api/chats/${chat}/docs`),
  ],
  'long-chat': [
    create,
    ...['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map(ask),
    get(`/api/chats/${chat}`),
    get('/api/chats'),
  ],
  'long-pages-and-tables': [
    create,
    upload(document('long-pages', 'long & pages.pdf')),
    upload(document('tables-ruled')),
    ask('What does the table say?'),
    ask('Tell me about the long pages'),
    create,
    upload(document('plain', 'CAPITALS.PDF')),
    ask('Where does the walrus live?'),
    get('/api/chats'),
    get('/api/pdfs'),
    { method: 'DELETE', target: `/api/chats/${chat}`, headers: [] },
    get(`/api/chats/${chat}`),
    get(`/api/chats/${chat}/docs`),
    ask('Is anything left?'),
    get(`/api/chats/${mark('chat', 1)}/docs`),
  ],
  'as-many-pdfs-as-may-be': [
    create,
    ...['1.pdf', '2.pdf', '3.pdf', '4.pdf', '5.pdf', '6.pdf'].map((name) =>
      upload(document('hyphens', name)),
    ),
    ask('What is in all of them?'),
    { method: 'DELETE', target: `/api/chats/${chat}/pdfs/3.pdf`, headers: [] },
    get(`/api/chats/${chat}/docs`),
    get(`/api/chats/${chat}/pdfs`),
    get('/api/chats'),
    upload(document('hyphens', '7.pdf')),
    get('/api/pdfs'),
  ],
};
