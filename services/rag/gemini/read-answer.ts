/** What Gemini answered, as the parts of a message. */
import type { ContentBlock } from '@langchain/core/messages';
import { jsonLoads } from '../../wire/python/json-loads.ts';
import type { PythonValue } from '../../wire/python/values.ts';
import { bodyText, ModelAnswerError } from './python-error.ts';

/**
 * The first candidate's parts: texts, thinking, and whatever else there is under its own name. None where there is no
 * candidate, no content, no parts.
 * @throws ModelAnswerError with the words of Python's parser
 */
export function readAnswer(body: Buffer, contentType: string): ContentBlock[] {
  const [candidate] = listOf(member(parse(bodyText(body, contentType)), 'candidates'));
  return listOf(member(member(candidate, 'content'), 'parts')).map(readPart);
}

function parse(text: string): PythonValue {
  if (text === '') return null;
  if (text.startsWith('\ufeff'))
    throw new ModelAnswerError('Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)');
  try {
    return jsonLoads(Buffer.from(text));
  } catch (error) {
    throw new ModelAnswerError((error as Error).message, { cause: error });
  }
}

function readPart(part: PythonValue): ContentBlock {
  const text = member(part, 'text') ?? null;
  if (text === null) return { type: 'non_standard', value: {} };
  if (typeof text !== 'string')
    throw new ModelAnswerError('A part of the answer has a text that is no string');
  return member(part, 'thought') === true ? { type: 'reasoning', reasoning: text } : { type: 'text', text };
}

const member = (value: PythonValue | undefined, name: string): PythonValue | undefined =>
  value instanceof Map ? value.get(name) : undefined;

const listOf = (value: PythonValue | undefined): PythonValue[] => (Array.isArray(value) ? value : []);
