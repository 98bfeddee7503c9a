/**
 * A server in front of a backend that answers wrongly on purpose: what the suite must notice. It writes the altered
 * answer byte by byte, so that answers can be wrong in ways that no HTTP library would let pass.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from '@banyan/compare/answer.ts';
import { send } from '../replay/send.ts';

export interface Asked {
  method: string;
  target: string;
  body: Buffer;
  /** How often the same was asked before. */
  before: number;
}

/** @returns the answer to give, or the bytes to write in its place */
export type Alter = (
  answer: Answer,
  asked: Asked,
  /** Asks the backend once more, with another body where one is given. */
  forward: (body?: Buffer) => Promise<Answer>,
) => Answer | Buffer | Promise<Answer | Buffer>;

export interface AlteringProxy {
  url: string;
  close(): Promise<void>;
}

export async function startAlteringProxy(origin: string, alter: Alter): Promise<AlteringProxy> {
  const counts = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: target = '', rawHeaders } = incoming;
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', async () => {
      const body = Buffer.concat(chunks);
      const before = counts.get(`${method} ${target}`) ?? 0;
      counts.set(`${method} ${target}`, before + 1);
      const forward = (other: Buffer = body) =>
        send(origin, { method, target, rawHeaders, body: other.length > 0 ? other : undefined }, 60_000);
      try {
        const altered = await alter(await forward(), { method, target, body, before }, forward);
        outgoing.socket?.end(Buffer.isBuffer(altered) ? altered : bytesOf(altered));
      } catch {
        outgoing.socket?.destroy();
      }
    });
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

export function bytesOf({ status, reason, rawHeaders, body }: Answer): Buffer {
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** The answer with another body, and the length that goes with it. */
export function withBody(answer: Answer, edit: (text: string) => string): Answer {
  const body = Buffer.from(edit(Buffer.from(answer.body).toString('latin1')), 'latin1');
  return withHeader({ ...answer, body }, 'Content-Length', () => String(body.length));
}

/** @param edit returns undefined to leave the header out */
export function withHeader(
  answer: Answer,
  name: string,
  edit: (value: string) => string | undefined,
): Answer {
  const rawHeaders: string[] = [];
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    const [header = '', value = ''] = answer.rawHeaders.slice(i, i + 2);
    const edited = header === name ? edit(value) : value;
    if (edited !== undefined) rawHeaders.push(header, edited);
  }
  return { ...answer, rawHeaders };
}
