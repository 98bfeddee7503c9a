/** Between the backend interface and Node's HTTP messages. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { codingsIn } from '@banyan/compare/codings.ts';
import type { BackendRequest, BackendResponse } from '../backend.ts';
import { carry } from '../carry.ts';
import { sendHead } from '../send-head.ts';

/**
 * The header list with its framing, and with a Host where an HTTP/1.0 client sent none: what goes out is HTTP/1.1.
 * @param host the backend's own authority
 */
export function framed(request: BackendRequest, host: string): string[] {
  const headers = request.rawHeaders as string[];
  const framing = framingOf(request);
  if (has(headers, 'host')) return framing ? [...headers, ...framing] : headers;
  return ['Host', host, ...headers, ...(framing ?? [])];
}

/**
 * Node announces a chunked body by itself for some methods only, and sends that of a DELETE without any framing, as if
 * it were the next request; and it announces one for a POST that has none.
 */
function framingOf({ method, body, rawHeaders }: BackendRequest): string[] | undefined {
  if (!body && method !== 'POST' && method !== 'PUT' && method !== 'PATCH') return undefined;
  if (has(rawHeaders, 'content-length')) return undefined;
  return body ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', '0'];
}

/** @param name in lower case */
function has(rawHeaders: readonly string[], name: string): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const other = rawHeaders[i] as string;
    if (other.length === name.length && other.toLowerCase() === name) return true;
  }
  return false;
}

/** Whether it is a 101, which Node takes for an answer where it names no protocol. */
export function changesProtocol({ statusCode }: IncomingMessage): boolean {
  return statusCode === 101;
}

export function responseOf(answer: IncomingMessage): BackendResponse {
  return {
    status: answer.statusCode ?? 0,
    reason: answer.statusMessage ?? '',
    rawHeaders: answer.rawHeaders,
    body: withoutTransferCodings(answer),
  };
}

/** Breaks the body of an answer whose connection has failed. */
export function breakBody(answer: IncomingMessage, error: Error & { code?: unknown }): void {
  if (answer.complete) return;
  // Found in the bytes that came with the head, before anybody listens to the body.
  if (String(error.code).startsWith('HPE_')) setImmediate(() => answer.destroy(error));
  // Node would end a body without a length as if it were whole.
  else answer.destroy(error);
}

/** Nobody has asked for them, and the client gets no header that names them: they are of this connection (RFC 9112, 6.1). */
function withoutTransferCodings(answer: IncomingMessage): Readable {
  const { 'transfer-encoding': said } = answer.headers;
  if (said === undefined || said === 'chunked') return answer;
  const codings = codingsIn(said).filter((coding) => coding !== 'chunked');
  return codings.reduceRight<Readable>((body, coding) => {
    const decoder = transferDecoders[coding]?.() ?? new PassThrough();
    pipeline(body, decoder, () => undefined);
    return decoder;
  }, answer);
}

const transferDecoders: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
};

/** Streams a body; each piece of it gives the answer its whole time again. */
export function sendBody(body: Readable, upstream: ClientRequest, deadline: NodeJS.Timeout): void {
  carry(body, upstream, () => deadline.refresh());
  body.once('error', (error) => upstream.destroy(error));
  dropRest(body, upstream);
  // The head goes ahead of a body that is not there yet: a backend may answer to it alone.
  if (body.readableLength === 0) sendHead(upstream);
}

/**
 * Where a backend takes no more, or has answered, the rest of a body is read and forgotten: the client would never come
 * to the answer. Once there is a whole answer Node waits for a drained socket without listening for it.
 */
export function dropRest(body: Readable, upstream: ClientRequest): void {
  upstream.once('response', (answer) =>
    answer.once('end', () => {
      if (!body.readableEnded) upstream.destroy();
    }),
  );
  upstream.once('close', () => body.resume());
}
