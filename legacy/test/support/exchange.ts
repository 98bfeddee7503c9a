/** One request over a socket of its own, byte for byte as given; the app closes the connection after its answer. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  /** In this order, after `Host`. */
  headers?: readonly (readonly [name: string, value: string])[];
  body?: string | Uint8Array;
  /** Replaces the `Host` header. */
  host?: string;
}

export interface Answer {
  status: number;
  /** As sent: order and case kept. */
  rawHeaders: [name: string, value: string][];
  bytes: Buffer;
  text: string;
  /** The one value of a header, undefined where it is missing. */
  header(name: string): string | undefined;
  /** The body, parsed; the caller says what it is. */
  json<T>(): T;
}

/** Sends exactly these bytes and reads until the app closes. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<Answer> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(bytes);
  return readAnswer(await buffer(socket));
}

/** `target` goes into the request line untouched: nothing is normalised or escaped on the way. */
export function send(port: number, method: string, target: string, asked: Asked = {}): Promise<Answer> {
  const body = Buffer.from(asked.body ?? '');
  const headers = [['Host', asked.host ?? `127.0.0.1:${port}`], ...(asked.headers ?? [])];
  if (asked.body !== undefined) headers.push(['Content-Length', String(body.length)]);
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return sendRaw(port, Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`), body]));
}

function readAnswer(all: Buffer): Answer {
  const end = all.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no answer, only ${JSON.stringify(all.toString('latin1'))}`);
  const [statusLine = '', ...lines] = all.subarray(0, end).toString('latin1').split('\r\n');
  const rawHeaders = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const bytes = all.subarray(end + 4);
  const text = bytes.toString('utf8');
  return {
    status: Number(statusLine.split(' ')[1]),
    rawHeaders,
    bytes,
    text,
    header(name) {
      const values = rawHeaders.filter(([key]) => key.toLowerCase() === name.toLowerCase());
      if (values.length > 1) throw new Error(`${name} was sent ${values.length} times`);
      return values[0]?.[1];
    },
    json: <T>() => JSON.parse(text) as T,
  };
}
