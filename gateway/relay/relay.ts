/**
 * The LLM relay: both backends call the model through it, as if it were Gemini. It holds the real key, so that no
 * backend does; what a backend presents is the relay's own key.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BanyanError } from '../errors.ts';
import type { ModelSettings } from '../settings.ts';
import { geminiProvider } from './gemini/gemini.ts';
import { errorAnswer, type GenerateContentRequest, readRequest } from './gemini-wire.ts';
import { openAiProvider } from './openai/openai.ts';
import type { ModelAnswer, ModelCall, ModelProvider } from './provider.ts';
import { standInProvider } from './stand-in/stand-in.ts';

export interface RelayOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** What the backends present as their Gemini key; a random one unless given. */
  key?: string | undefined;
  model: ModelSettings;
  /** A pino logger or its like. Gets names, sizes, statuses and durations, never a prompt or a reply. */
  log: RelayLog;
  /** Called once for every call that was let in, when it is over. */
  onCall?: ((call: RelayCall) => void) | undefined;
  /** Milliseconds the model may stay silent before its answer and between two parts of it; 120,000 unless told. */
  deadline?: number;
}

export interface RelayLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A call that is over. `request` is for code that compares prompts; it does not belong into a log. */
export interface RelayCall {
  provider: ModelProvider['name'];
  model: string;
  method: ModelCall['method'];
  request: GenerateContentRequest;
  /** What the backend got; 499 where it hung up before that. */
  status: number;
  requestBytes: number;
  replyBytes: number;
  milliseconds: number;
}

export interface Relay {
  /** What the backends get as `GOOGLE_GEMINI_BASE_URL`. */
  url: string;
  /** What they get as `GEMINI_API_KEY`. */
  key: string;
  /** Cancels the calls in flight, which end with 503, and stops listening. */
  close(): Promise<void>;
}

/** Gemini's own limit of a request. */
const LARGEST_REQUEST = 20 * 1024 * 1024;
const CLIENT_CLOSED_REQUEST = 499;

/** Starts the relay and resolves once it listens. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const key = options.key ?? randomBytes(24).toString('base64url');
  const provider = providerOf(options.model);
  const closing = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = handle(request, response, { ...options, key, provider, closing: closing.signal });
    inFlight.add(work);
    void work.finally(() => inFlight.delete(work));
  });
  await listen(server, options.host, options.port);
  return {
    url: urlOf(server.address() as AddressInfo),
    key,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort(new BanyanError('shutting_down'));
      await Promise.allSettled(inFlight);
      server.closeAllConnections();
      await closed;
      await provider.close();
    },
  };
}

function providerOf(model: ModelSettings): ModelProvider {
  switch (model.kind) {
    case 'gemini':
      return geminiProvider(model);
    case 'openai':
      return openAiProvider(model);
    case 'stand-in':
      return standInProvider();
  }
}

interface Context extends RelayOptions {
  key: string;
  provider: ModelProvider;
  closing: AbortSignal;
}

/** Takes one request from its first byte to its answer's last. Never rejects. */
async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const began = performance.now();
  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  const signal = AbortSignal.any([hungUp.signal, context.closing]);
  const target = readTarget(request);
  let call: ModelCall | undefined;
  let replyBytes = 0;
  let fault: BanyanError | undefined;
  try {
    checkKey(request, target.query, context.key);
    call = await readCall(request, target, context.deadline ?? 120_000);
    replyBytes = await write(response, await context.provider.call(call, signal), signal);
  } catch (error) {
    if (!hungUp.signal.aborted) fault = faultOf(error, context.closing);
    if (fault) replyBytes += await fail(response, fault, target);
  }
  const status = response.writableFinished ? response.statusCode : (fault?.status ?? CLIENT_CLOSED_REQUEST);
  const told = {
    provider: context.provider.name,
    model: target.model.slice(0, 100),
    method: target.method,
    status,
    requestBytes: call?.body.length ?? 0,
    replyBytes,
    milliseconds: Math.round(performance.now() - began),
  };
  if (status < 400) context.log.info(told, 'model call');
  else context.log.warn({ ...told, fault: fault?.code, do: fault?.advice }, 'model call failed');
  if (call) context.onCall?.({ ...told, model: call.model, method: call.method, request: call.request });
}

interface Target {
  /** Empty where the path is not a call of a model. */
  version: string;
  model: string;
  method: string;
  path: string;
  query: URLSearchParams;
}

function readTarget(request: IncomingMessage): Target {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const [, version = '', model = '', method = ''] =
    /^\/(v1|v1beta)\/((?:models|tunedModels)\/[^/:]+):(generateContent|streamGenerateContent)$/.exec(path) ??
    [];
  return { version, model, method, path, query: new URLSearchParams(query) };
}

/** @throws BanyanError `relay_key_missing` or `relay_key_invalid`. */
function checkKey(request: IncomingMessage, query: URLSearchParams, key: string): void {
  const presented = request.headers['x-goog-api-key'] ?? query.get('key');
  if (!presented) throw new BanyanError('relay_key_missing');
  // Hashed first: timingSafeEqual wants equal lengths, and the key's length is nobody's business either.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(String(presented)), digest(key))) throw new BanyanError('relay_key_invalid');
}

async function readCall(request: IncomingMessage, target: Target, deadline: number): Promise<ModelCall> {
  const { version, model, method, query } = target;
  if (request.method !== 'POST' || !isMethod(method))
    throw new BanyanError('relay_path_unknown', { path: `${request.method} ${target.path}` });
  query.delete('key');
  const body = await readBody(request);
  const headers: Record<string, string> = {};
  for (const name of ['x-goog-api-client', 'x-server-timeout']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const sse = query.get('alt') === 'sse';
  return { version, model, method, sse, query, headers, body, request: readRequest(body), deadline };
}

const isMethod = (method: string): method is ModelCall['method'] => method !== '';

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > LARGEST_REQUEST)
      throw new BanyanError('model_request_invalid', { reason: `it has more than ${LARGEST_REQUEST} bytes` });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Writes an answer, at the pace at which the backend takes it; resolves with its length in bytes. */
async function write(response: ServerResponse, answer: ModelAnswer, signal: AbortSignal): Promise<number> {
  if (answer.body instanceof Uint8Array) {
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    await end(response, answer.body);
    return answer.body.length;
  }
  response.writeHead(answer.status, answer.headers);
  let length = 0;
  for await (const chunk of answer.body) {
    signal.throwIfAborted();
    length += chunk.length;
    if (!response.write(chunk)) await drained(response);
  }
  await end(response);
  return length;
}

/** Answers with a fault; where the answer has begun, ends it as Gemini does, with the error as its last part. */
async function fail(response: ServerResponse, fault: BanyanError, target: Target): Promise<number> {
  const streamed = target.method === 'streamGenerateContent' && target.query.get('alt') !== 'sse';
  const answer = errorAnswer(fault, streamed && !response.headersSent);
  const bytes = answer.body as Uint8Array;
  if (!response.headersSent) {
    // The rest of a body that was not read has nowhere to go.
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-length': bytes.length,
      connection: 'close',
    });
    await end(response, bytes);
  } else {
    await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
    response.destroy();
  }
  return bytes.length;
}

function faultOf(error: unknown, closing: AbortSignal): BanyanError {
  if (error instanceof BanyanError) return error;
  if (closing.aborted) return closing.reason as BanyanError;
  return new BanyanError('gateway_fault', {}, error);
}

function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

/** Ends an answer and resolves once it has left, or its connection has. */
function end(response: ServerResponse, bytes?: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('close', resolve).once('finish', resolve);
    response.end(bytes);
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** An address that a backend on this machine reaches it at. */
function urlOf({ address, port, family }: AddressInfo): string {
  const host =
    { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[address] ?? (family === 'IPv6' ? `[${address}]` : address);
  return `http://${host}:${port}`;
}
