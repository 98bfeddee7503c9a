/** How a provider reaches a model that runs elsewhere: one place that sends, with deadlines, and names what goes wrong. */
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createInflate, createUnzip } from 'node:zlib';
import { Agent, errors } from 'undici';
import { BanyanError } from '../errors.ts';

export interface UpstreamRequest {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array | string;
  /** Milliseconds of silence until the head, and between two parts of the body. */
  deadline: number;
}

export interface UpstreamResponse {
  status: number;
  headers: Record<string, string>;
  /** Decompressed. Ends with a BanyanError where the model breaks off. */
  body: AsyncIterable<Uint8Array>;
}

/** A reply longer than this is not read to its end. */
const LARGEST_REPLY = 64 * 1024 * 1024;

export class Upstream {
  readonly #agent = new Agent({ connect: { timeout: 10_000 } });

  /** @throws BanyanError `model_unavailable` or `model_timeout`; the signal's reason once it is aborted. */
  async post(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse> {
    const url = new URL(request.url);
    try {
      const response = await this.#agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        // Replies are short and the relay hands them on as they are, so compression would only delay a stream.
        headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', ...request.headers },
        body: request.body,
        signal,
        headersTimeout: request.deadline,
        bodyTimeout: request.deadline,
      });
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      );
      const body = decompressed(response.body, headers['content-encoding']);
      return { status: response.statusCode, headers, body: named(body, request.deadline, signal) };
    } catch (error) {
      throw faultOf(error, request.deadline, signal);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** Reads a body to its end. @throws BanyanError where it breaks off or is too large. */
export async function wholeBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > LARGEST_REPLY) throw new BanyanError('model_failed', { reason: 'its answer is too long.' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a body as JSON; undefined where it is something else. */
export function parsedJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** Some endpoints compress whatever they are asked. */
function decompressed(body: Readable, encoding: string | undefined): Readable {
  const decoders = {
    gzip: createUnzip,
    'x-gzip': createUnzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  const decoder = encoding && decoders[encoding.toLowerCase() as keyof typeof decoders]?.();
  if (!decoder) return body;
  body.once('error', (error) => decoder.destroy(error));
  decoder.once('close', () => body.destroy());
  return body.pipe(decoder);
}

async function* named(
  body: Readable,
  deadline: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw faultOf(error, deadline, signal);
  }
}

function faultOf(error: unknown, deadline: number, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return new BanyanError('model_timeout', { reason: `it was silent for ${deadline} ms.` }, error);
  if (error instanceof errors.ConnectTimeoutError)
    return new BanyanError('model_unavailable', { reason: 'it cannot be reached.' }, error);
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const unreachable = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  const reason = unreachable ? 'it cannot be reached.' : 'it broke off before its answer was complete.';
  return new BanyanError('model_unavailable', { reason }, error);
}
