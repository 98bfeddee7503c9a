/** A client over a bare socket: it sends exactly the bytes that it is given, and reads answers as they are framed. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

export interface Answer {
  /** The status line as sent. */
  line: string;
  status: number;
  /** Name and value, as sent, in order. */
  headers: [name: string, value: string][];
  /** The bytes after the head as Latin-1, dechunked; all that came where `whole` is false. */
  body: string;
  /** Whether it ended as its framing says. */
  whole: boolean;
  /** All values of a header, joined by a comma. */
  header(name: string): string | undefined;
}

export interface Client {
  socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** The next answer on the connection; rejects where the connection ends without one. */
  answer(to?: { method?: string }): Promise<Answer>;
  /** Everything until the other side closes, as Latin-1, and how it did. */
  rest(): Promise<{ bytes: string; reset: boolean }>;
  /** What has come and was not taken as an answer yet. */
  readonly pending: string;
  /** Resolves once what has come fits. */
  until(fits: (pending: string) => boolean): Promise<string>;
}

export async function connect(port: number): Promise<Client> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let bytes = '';
  let ended = false;
  let reset = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    bytes += text;
    wake();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reset ||= error.code === 'ECONNRESET' || error.code === 'EPIPE';
  });
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      ended = true;
      wake();
    });
  const when = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const attempt = () => {
        const found = look();
        if (found === undefined && !ended) return;
        waiting.delete(attempt);
        if (found !== undefined) resolve(found);
        else reject(new Error(`the connection ended: ${JSON.stringify(bytes.slice(0, 400))}`));
      };
      waiting.add(attempt);
      attempt();
    });
  return {
    socket,
    write: (text) => {
      socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    },
    answer: async (to = {}) => {
      const [answer, length] = await when(() => parse(bytes, to.method ?? 'GET', ended));
      bytes = bytes.slice(length);
      return answer;
    },
    rest: async () => {
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
      return { bytes, reset };
    },
    get pending() {
      return bytes;
    },
    until: (fits) => when(() => (fits(bytes) ? bytes : undefined)),
  };
}

/** One request on a connection of its own, answered and closed. */
export async function ask(
  port: number,
  bytes: string | Uint8Array,
  to?: { method?: string },
): Promise<Answer> {
  const client = await connect(port);
  client.write(bytes);
  try {
    return await client.answer(to);
  } finally {
    client.socket.destroy();
  }
}

/** A GET of this target, as most clients send it. */
export const get = (target: string, headers = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: example.test\r\n${headers}\r\n`;

function parse(bytes: string, method: string, ended: boolean): [Answer, number] | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [line = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const headers = lines.map((text): [string, string] => {
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
  const header = (name: string) => {
    const values = headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  };
  const status = Number(line.split(' ')[1]);
  const start = end + 4;
  const done = (body: string, length: number, whole = true): [Answer, number] => [
    { line, status, headers, body, whole, header },
    start + length,
  ];
  const rest = bytes.slice(start);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return done('', 0);
  const chunked = header('transfer-encoding') === 'chunked';
  const length = header('content-length');
  const found = chunked ? dechunk(rest) : length === undefined ? undefined : counted(rest, Number(length));
  if (found) return done(...found);
  if (!ended) return undefined;
  return done(rest, rest.length, !chunked && length === undefined);
}

const counted = (rest: string, length: number): [string, number] | undefined =>
  rest.length < length ? undefined : [rest.slice(0, length), length];

function dechunk(text: string): [string, number] | undefined {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    if (size === 0) return [body, next];
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = next;
  }
}
