/**
 * Sends a request as it is written and reads the answer as it comes, without a library between: header order and case,
 * targets that no client would send, and answers that break HTTP stay what they are.
 */
import { connect, type Socket } from 'node:net';
import type { Answer } from '@banyan/compare/answer.ts';
import { AnswerReader } from './answer-reader.ts';

export interface Request {
  method: string;
  target: string;
  /** Name, value, name, value, …; Latin-1. */
  rawHeaders: readonly string[];
  body: Buffer | undefined;
}

/** Headers of the connection that the request was recorded on. */
const ofTheConnection =
  /^(?:connection|keep-alive|proxy-connection|upgrade|te|trailer|expect|content-length|transfer-encoding)$/i;

/** How long a server may leave a connection open after a whole answer, to see whether more comes, in milliseconds. */
const PATIENCE_AFTER_END = 300;

/**
 * @param origin `http://127.0.0.1:5050`
 * @param deadline milliseconds
 * @throws Error when there is no connection, or no answer in time
 */
export function send(origin: string, request: Request, deadline: number): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''));
    const reader = new AnswerReader(request.method);
    const conclude = (work: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      work();
    };
    const answered = () => conclude(() => resolve(reader.answer()));
    const fail = (why: string) =>
      conclude(() => reject(new Error(`${request.method} ${request.target} at ${origin}: ${why}`)));
    let timer = setTimeout(() => fail(`no answer within ${deadline} ms`), deadline);
    socket.on('data', (bytes: Buffer) => {
      reader.read(bytes);
      if (!reader.whole) return;
      clearTimeout(timer);
      timer = setTimeout(answered, PATIENCE_AFTER_END);
    });
    socket.once('close', () =>
      reader.begun ? answered() : fail('the connection was closed without an answer'),
    );
    socket.once('error', (error) => (reader.begun ? answered() : fail(error.message)));
    write(socket, request);
  });
}

function write(socket: Socket, { method, target, rawHeaders, body }: Request): void {
  const lines = [`${method} ${target} HTTP/1.1`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (!ofTheConnection.test(rawHeaders[i] ?? '')) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  const chunked = has(rawHeaders, 'transfer-encoding');
  if (chunked) lines.push('Transfer-Encoding: chunked');
  else if (body || has(rawHeaders, 'content-length')) lines.push(`Content-Length: ${body?.length ?? 0}`);
  lines.push('Connection: close', '', '');
  socket.write(lines.join('\r\n'), 'latin1');
  if (chunked && body?.length) {
    socket.write(`${body.length.toString(16)}\r\n`);
    socket.write(body);
    socket.write('\r\n');
  } else if (body) socket.write(body);
  if (chunked) socket.write('0\r\n\r\n');
}

function has(rawHeaders: readonly string[], name: string): boolean {
  return rawHeaders.some((header, i) => i % 2 === 0 && header.toLowerCase() === name);
}
