/** What a backend asks for: the path, the key, the body. */
import type { IncomingMessage } from 'node:http';
import { isSameSecret } from '@banyan/operations/http/same-secret.ts';
import { internalHeaders } from '@banyan/operations/internal-headers.ts';
import { BanyanError } from '../errors.ts';
import { readRequest } from './gemini-format/request.ts';
import type { ModelCall } from './provider.ts';

export interface Target {
  /** `''`, as `model` and `method`, where the path is no call of a model. */
  version: string;
  model: string;
  method: ModelCall['method'] | '';
  path: string;
  query: URLSearchParams;
}

/** Gemini's own limit of a request. */
const LARGEST_REQUEST = 20 * 1024 * 1024;

const methods = ['generateContent', 'streamGenerateContent'] as const;
const callPath = /^\/(v1|v1beta)\/((?:models|tunedModels)\/[^/:]+):(\w+)$/;

export function readTarget(request: IncomingMessage): Target {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const [, version = '', model = '', name] = callPath.exec(path) ?? [];
  const method = methods.find((known) => known === name) ?? '';
  return { version, model, method, path, query: new URLSearchParams(query) };
}

/** @throws BanyanError `relay_key_missing` or `relay_key_invalid`. */
export function checkKey(request: IncomingMessage, query: URLSearchParams, key: string): void {
  const presented = request.headers['x-goog-api-key'] ?? query.get('key');
  if (!presented) throw new BanyanError('relay_key_missing');
  if (!isSameSecret(String(presented), key)) throw new BanyanError('relay_key_invalid');
}

/** @throws BanyanError `relay_path_unknown` or `model_request_invalid`. */
export async function readCall(
  request: IncomingMessage,
  target: Target,
  deadline: number,
): Promise<ModelCall> {
  const { version, model, method } = target;
  if (request.method !== 'POST' || method === '') throw new BanyanError('relay_path_unknown');
  const body = await readBody(request);
  const query = new URLSearchParams(target.query);
  query.delete('key');
  const headers: Record<string, string> = {};
  for (const name of ['x-goog-api-client', 'x-server-timeout']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const sse = query.get('alt') === 'sse';
  const { [internalHeaders.operation]: operation, traceparent } = request.headers;
  return {
    version,
    model,
    method,
    sse,
    query,
    headers,
    body,
    request: readRequest(body),
    deadline,
    ...(typeof operation === 'string' && { operation }),
    ...(typeof traceparent === 'string' && { traceparent }),
  };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Uint8Array).length;
    // What is too much is still read: a client that is cut off while it sends never sees the answer.
    if (length <= LARGEST_REQUEST) chunks.push(chunk as Uint8Array);
  }
  if (length > LARGEST_REQUEST)
    throw new BanyanError('model_request_invalid', { reason: `it has more than ${LARGEST_REQUEST} bytes` });
  return Buffer.concat(chunks);
}
