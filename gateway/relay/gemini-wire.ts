/**
 * Gemini's wire format, as far as the relay has to understand it: requests, responses and how both kinds of stream are
 * framed. https://ai.google.dev/api/generate-content
 */
import { BanyanError } from '../errors.ts';
import type { ModelAnswer } from './provider.ts';

export interface Part {
  text?: string;
  /** A model's thinking, which is no part of its answer. */
  thought?: boolean;
}

export interface Content {
  role?: string;
  parts?: Part[];
}

/** Members that nothing here reads are kept: what goes to Gemini are the bytes as sent. */
export interface GenerateContentRequest {
  contents: Content[];
  systemInstruction?: Content;
  generationConfig?: Record<string, unknown>;
  [member: string]: unknown;
}

export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'OTHER';

export interface Candidate {
  content: { role: 'model'; parts?: Part[] };
  finishReason?: FinishReason;
  index: number;
}

export interface UsageMetadata {
  promptTokenCount?: number;
  candidatesTokenCount?: number;
  totalTokenCount?: number;
}

/** A whole answer, or one part of a streamed one. */
export interface GenerateContentResponse {
  candidates?: Candidate[];
  promptFeedback?: { blockReason: 'SAFETY' };
  usageMetadata?: UsageMetadata;
  modelVersion?: string;
  responseId?: string;
}

const JSON_TYPE = 'application/json; charset=UTF-8';

/**
 * Reads a request's body. Protobuf's JSON takes every name in camel case and in snake case; both are understood.
 * @throws BanyanError `model_request_invalid`, never quoting the body.
 */
export function readRequest(body: Uint8Array): GenerateContentRequest {
  const sent = parseObject(body);
  const contents = sent.contents;
  if (!Array.isArray(contents) || contents.length === 0) throw invalid('contents is not specified');
  const systemInstruction = sent.systemInstruction ?? sent.system_instruction;
  const generationConfig = sent.generationConfig ?? sent.generation_config;
  const request: GenerateContentRequest = {
    ...sent,
    contents: contents.map((content, at) => readContent(content, `contents[${at}]`)),
  };
  if (systemInstruction !== undefined)
    request.systemInstruction = readContent(systemInstruction, 'systemInstruction');
  if (generationConfig !== undefined) {
    if (!isObject(generationConfig)) throw invalid('generationConfig is not an object');
    request.generationConfig = camelCased(generationConfig);
  }
  return request;
}

function readContent(value: unknown, name: string): Content {
  if (!isObject(value)) throw invalid(`${name} is not an object`);
  const { parts } = value;
  if (parts !== undefined && !(Array.isArray(parts) && parts.every(isObject)))
    throw invalid(`${name}.parts is not a list of objects`);
  if (Array.isArray(parts))
    for (const part of parts)
      if (part.text !== undefined && typeof part.text !== 'string')
        throw invalid(`${name} has a part whose text is not a string`);
  return value as Content;
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw invalid('it is not JSON in UTF-8');
  }
  if (!isObject(value)) throw invalid('it is not a JSON object');
  return value;
}

/** The answer to `generateContent`. */
export function wholeAnswer(response: GenerateContentResponse): ModelAnswer {
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: jsonBytes(response) };
}

/**
 * The answer to `streamGenerateContent`. Waits for the first part, so that a model that fails at once is an error with
 * a status of its own.
 */
export async function streamedAnswer(
  parts: AsyncIterable<GenerateContentResponse> | GenerateContentResponse[],
  sse: boolean,
): Promise<ModelAnswer> {
  const iterator = each(parts);
  const first = await iterator.next();
  return {
    status: 200,
    headers: { 'content-type': sse ? 'text/event-stream' : JSON_TYPE },
    body: frame(first, iterator, sse),
  };
}

async function* each<Item>(items: AsyncIterable<Item> | Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function* frame(
  first: IteratorResult<GenerateContentResponse>,
  rest: AsyncGenerator<GenerateContentResponse>,
  sse: boolean,
): AsyncGenerator<Uint8Array> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  let between = '[';
  try {
    for (let part = first; !part.done; part = await rest.next()) {
      const json = JSON.stringify(part.value);
      yield bytes(sse ? `data: ${json}\r\n\r\n` : `${between}${json}`);
      between = ',\r\n';
    }
    if (!sse) yield bytes(between === '[' ? '[]' : ']');
  } finally {
    await rest.return(undefined);
  }
}

/** Google's canonical code of an HTTP status (google.rpc.Code). */
const statusNames: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** What Gemini puts beside a refused key, by which SDKs tell it from other faults of a request. */
const keyInvalidDetails = [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  },
];

/** A fault as Gemini answers it; a streamed call without `alt=sse` gets it inside its array. */
export function errorAnswer(error: BanyanError, inArray: boolean): ModelAnswer {
  const body = {
    error: {
      code: error.status,
      message: error.message,
      status: statusNames[error.status] ?? 'UNKNOWN',
      ...(error.code === 'relay_key_invalid' && { details: keyInvalidDetails }),
    },
  };
  return {
    status: error.status,
    headers: { 'content-type': JSON_TYPE },
    body: new TextEncoder().encode(`${JSON.stringify(inArray ? [body] : body, null, 2)}\n`),
  };
}

/** The text of all parts, thinking left out; undefined where a part is something else, such as an image. */
export function textOf(content: Content): string | undefined {
  let text = '';
  for (const part of content.parts ?? []) {
    if (part.thought) continue;
    if (part.text === undefined) return undefined;
    text += part.text;
  }
  return text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function camelCased(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

const jsonBytes = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
const invalid = (reason: string) => new BanyanError('model_request_invalid', { reason });
