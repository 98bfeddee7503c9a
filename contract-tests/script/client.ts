/** A client of the public API as a browser is one: its headers, its multipart bodies, its polling. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '@banyan/compare/answer.ts';
import { send } from '@banyan/suite/replay/send.ts';

export interface Asking {
  headers?: readonly string[];
  body?: string | Buffer;
}

export interface Client {
  ask(method: string, target: string, asking?: Asking): Promise<Answer>;
  /** Sends JSON. */
  json(method: string, target: string, value: unknown): Promise<Answer>;
  upload(target: string, name: string, content: Buffer | string, type?: string): Promise<Answer>;
  /** A chat's path, `/api/chats/ID`. */
  newChat(): Promise<string>;
  preflight(target: string, method: string, headers: string): Promise<Answer>;
  /** Asks again and again, as the chat page does, until the answer's JSON is as wanted. */
  poll(target: string, wanted: (json: never) => boolean): Promise<void>;
}

const browser = ['Accept', '*/*', 'Accept-Language', 'en', 'User-Agent', 'banyan-script'];

export function createClient(origin: string): Client {
  const host = ['Host', 'localhost:8080'];
  const ask = (method: string, target: string, { headers = [], body }: Asking = {}) =>
    send(
      origin,
      {
        method,
        target,
        rawHeaders: [...host, ...browser, ...headers],
        body: body === undefined ? undefined : Buffer.from(body),
      },
      60_000,
    );
  return {
    ask,
    json: (method, target, value) =>
      ask(method, target, { headers: ['Content-Type', 'application/json'], body: JSON.stringify(value) }),
    upload: (target, name, content, type = 'application/pdf') =>
      ask('POST', target, formOf(name, content, type)),
    newChat: async () => `/api/chats/${(jsonOf(await ask('POST', '/api/chats')) as { id: string }).id}`,
    preflight(target, method, headers) {
      const named = ['Access-Control-Request-Method', method, 'Access-Control-Request-Headers', headers];
      return ask('OPTIONS', target, { headers: ['Origin', 'http://localhost:3000', ...named] });
    },
    async poll(target, wanted) {
      for (let tries = 0; tries < 300; tries += 1) {
        if (wanted(jsonOf(await ask('GET', target)) as never)) return;
        await delay(200);
      }
      throw new Error(`${target} never became what the script waits for`);
    },
  };
}

export function jsonOf(answer: Answer): unknown {
  return JSON.parse(Buffer.from(answer.body).toString('utf8'));
}

/** How many PDFs a list of documents has to have. */
export const listed = (count: number) => (answer: { pdfs: unknown[] }) => answer.pdfs.length === count;

function formOf(name: string, content: Buffer | string, type: string): Asking {
  const boundary = '----WebKitFormBoundaryBanyanScript0';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="pdf"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
  return {
    headers: ['Content-Type', `multipart/form-data; boundary=${boundary}`],
    body: Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
