/** Reads what a backend sends. */
import { BanyanError } from '../../errors.ts';
import { type Content, type GenerateContentRequest, isObject } from './types.ts';

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

function camelCased(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

const invalid = (reason: string) => new BanyanError('model_request_invalid', { reason });
