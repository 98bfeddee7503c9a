/** What `str` makes of the exceptions of Google's Python SDK, google-genai 1.46.0: people see it as a reply. */
import { jsonLoads, PythonJsonError } from '../../wire/python/json-loads.ts';
import { noAttribute } from '../../wire/python/strings.ts';
import { type PythonValue, typeName } from '../../wire/python/values.ts';
import type { HttpAnswer } from './http.ts';
import { pythonRepr } from './python-repr.ts';

/** The model answered with an error, or with what cannot be read; the message is the SDK's. */
export class ModelAnswerError extends Error {
  override name = 'ModelAnswerError';
}

/** `errors.APIError.raise_for_response` of an answer that is not 200. */
export function apiError(answer: HttpAnswer): ModelAnswerError {
  try {
    const body = detailsOf(answer);
    const details = Array.isArray(body) && body.length === 1 ? (body[0] ?? null) : body;
    return new ModelAnswerError(`${answer.status} ${statusOf(details)}. ${pythonRepr(details)}`);
  } catch (error) {
    // Python's own exceptions on the way there.
    return new ModelAnswerError((error as Error).message);
  }
}

/** The body as JSON, or its text with the reason of the status line. */
function detailsOf({ body, reason, contentType }: HttpAnswer): PythonValue {
  try {
    return jsonLoads(body);
  } catch (error) {
    // A number of too many digits is no JSONDecodeError.
    if (!(error instanceof PythonJsonError) || error.message.startsWith('Exceeds the limit')) throw error;
    return new Map([
      ['message', bodyText(body, contentType)],
      ['status', reason],
    ]);
  }
}

/** `details.get('status', details.get('error', {}).get('status', None))`, the inner one first. */
function statusOf(details: PythonValue): string {
  const inner = get(get(details, 'error', new Map()), 'status', null);
  const status = get(details, 'status', inner);
  return typeof status === 'string' ? status : pythonRepr(status);
}

function get(value: PythonValue, key: string, otherwise: PythonValue): PythonValue {
  if (!(value instanceof Map)) throw new TypeError(noAttribute(typeName(value), 'get'));
  return value.get(key) ?? (value.has(key) ? null : otherwise);
}

const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/** httpx's `response.text`: by the charset, else UTF-8; what cannot be read is replaced. */
export function bodyText(body: Buffer, contentType: string): string {
  const label = charset.exec(contentType)?.[1] ?? 'utf-8';
  if (/^(iso-?8859-1|latin-?1)$/i.test(label)) return body.toString('latin1');
  try {
    return new TextDecoder(label, { ignoreBOM: true }).decode(body);
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  }
}
