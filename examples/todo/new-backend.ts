/** The to-do list again, in another language, on the same file: what answers as `app.py` does. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { localTime } from '@banyan/route-table/local-time.ts';
import type { RunningTodo } from './start.ts';

interface Todo {
  id: string;
  title: string;
  done: boolean;
  created: string;
}

export interface NewTodoOptions {
  /** What a rewrite gets wrong: it forgets to write down that something is done. */
  forgetsDone?: boolean;
}

export async function startNewTodo(file: string, options: NewTodoOptions = {}): Promise<RunningTodo> {
  const load = () => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Todo[]) : []);
  const save = (todos: Todo[]) => writeFileSync(file, JSON.stringify(todos));

  const write = (outgoing: ServerResponse, status: number, kind: string, content: string) => {
    const open = load().filter(({ done }) => !done).length;
    outgoing.writeHead(status, {
      'Content-Type': kind,
      'Content-Length': Buffer.byteLength(content),
      ...(outgoing.req.method === 'GET' && { 'X-List': `${open} to do` }),
    });
    outgoing.end(content);
  };
  const reply = (outgoing: ServerResponse, status: number, value: unknown) =>
    write(outgoing, status, 'application/json', asPython(value));

  const change = (outgoing: ServerResponse, method: string, target: string, body: unknown) => {
    const todos = load();
    const todo = todos.find(({ id }) => target === `/todos/${id}`);
    if (!todo) return reply(outgoing, 404, { problem: 'no such to-do' });
    if (method === 'DELETE') {
      save(todos.filter((each) => each !== todo));
      return outgoing.writeHead(204).end();
    }
    const done = (body as Partial<Todo> | null | undefined)?.done;
    if (typeof done !== 'boolean') return reply(outgoing, 422, { problem: 'done is true or false' });
    todo.done = done;
    if (!options.forgetsDone) save(todos);
    return reply(outgoing, 200, todo);
  };

  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    const body = parsed(await text(incoming));
    const asked = `${method} ${url}`;
    if (asked === 'GET /todos') return reply(outgoing, 200, load());
    if (asked === 'GET /todos.txt') {
      const lines = load().map(({ done, title }) => `[${done ? 'x' : ' '}] ${title}\n`);
      return write(outgoing, 200, 'text/plain; charset=utf-8', lines.join(''));
    }
    if (asked !== 'POST /todos') return change(outgoing, method, url, body);
    const title = (body as Partial<Todo> | null | undefined)?.title;
    if (typeof title !== 'string' || title.trim() === '')
      return reply(outgoing, 422, { problem: 'a to-do needs a title' });
    const created = localTime(Date.now());
    const todo: Todo = { id: randomUUID(), title: title.trim(), done: false, created };
    save([...load(), todo]);
    return reply(outgoing, 201, todo);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** As `json.dumps` writes it: a space after colons and commas, and ASCII alone. */
function asPython(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asPython).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, each]) => `${asPython(key)}: ${asPython(each)}`)
      .join(', ')}}`;
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
