/**
 * A small application of another kind, with a route table of its own: notes, and files that are read in the background.
 * The suite has to work with it as it does with the chatbot.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { localTime } from '@banyan/route-table/local-time.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { notesTable } from './table.ts';

interface Note {
  id: string;
  text: string;
  at: string;
}

export interface NotesOptions {
  /** How many times a file is asked for before it is done. */
  work?: number;
  /** Called with each request as it comes. */
  onRequest?: (method: string, target: string, body: string) => void;
  /** Called with each request when it is answered. */
  onAnswer?: (method: string, target: string) => void;
  /** Milliseconds before `GET /slow` is answered. */
  slow?: number;
  /** Answers deletes as it should, and forgets to do them. */
  losesDeletes?: boolean;
}

export interface NotesApp {
  url: string;
  close(): Promise<void>;
}

export async function startNotesApp({
  work = 2,
  onRequest,
  onAnswer,
  slow = 0,
  losesDeletes = false,
}: NotesOptions = {}): Promise<NotesApp> {
  const notes: Note[] = [];
  const asked = new Map<string, number>();
  let last = 0;
  const now = () => {
    // Two times are never the same.
    last = Math.max(last + 1, Date.now() * 1000);
    return localTime(Math.floor(last / 1000)).replace('000Z', `${String(last % 1000).padStart(3, '0')}Z`);
  };

  const handle = (method: string, target: string, body: string): [status: number, value: unknown] => {
    const path = target.split('?')[0] ?? '';
    const [, collection, key = '', action] = path.split('/');
    // Only what the table has: ids in the answers of other paths are declared nowhere.
    if (collection === 'files' && !isIn(notesTable, method, path)) return [404, { error: 'no such file' }];
    if (collection === 'files' && method === 'POST') {
      const job = randomUUID();
      asked.set(job, 0);
      return [202, { job }];
    }
    if (collection === 'files') {
      const times = asked.get(key);
      if (times === undefined) return [404, { error: 'no such file' }];
      asked.set(key, times + 1);
      return [200, { job: key, status: times >= work ? 'done' : 'working' }];
    }
    if (collection === 'slow') return [200, { slow: true }];
    if (collection !== 'notes' || path === '/notes/') return [404, { error: 'nothing here' }];
    const known = notesTable.routes.some((row) => row.method === (method === 'HEAD' ? 'GET' : method));
    if (!known || (key === '' && method === 'DELETE')) return [405, { error: 'not that' }];
    if (key === '' && method !== 'POST') return [200, notes.toReversed()];
    if (key === '') {
      const note = { id: randomUUID(), text: (JSON.parse(body) as Note).text, at: now() };
      notes.push(note);
      return [201, note];
    }
    const index = notes.findIndex((note) => note.id === key);
    const note = notes[index];
    if (!note) return [404, { error: 'no such note' }];
    if (action === 'link') {
      const to = notes.find((other) => other.id === (JSON.parse(body) as { to: string }).to);
      return to ? [200, { linked: [note.text, to.text] }] : [400, { error: 'no such target' }];
    }
    if (method === 'DELETE' && !losesDeletes) notes.splice(index, 1);
    return [200, method === 'DELETE' ? { deleted: true } : { ...note, seen: now(), view: randomUUID() }];
  };

  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const body = await textOf(incoming);
    onRequest?.(method, url, body);
    if (url === '/slow') await new Promise((resolve) => setTimeout(resolve, slow));
    onAnswer?.(method, url);
    try {
      answer(outgoing, ...handle(method, url, body));
    } catch (error) {
      answer(outgoing, 500, { error: (error as Error).message });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A request of one of its routes, word for word. */
function isIn({ routes }: RouteTable, method: string, target: string): boolean {
  const asked = method === 'HEAD' ? 'GET' : method;
  const fits = (path: string) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`).test(target);
  return routes.some((route) => route.method === asked && fits(route.path));
}

function answer(outgoing: ServerResponse, status: number, value: unknown): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  outgoing.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    Vary: 'Origin',
  });
  outgoing.end(text);
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
