/** JSON of an answer, read as leniently as the backends write it. */
import { randomUUID } from 'node:crypto';

/**
 * JSON of an answer in UTF-8, or undefined where it is none. The last of duplicate keys wins. A byte order mark, `NaN` and
 * `Infinity`, which Python's json writes, are read too.
 */
export function parseBody(body: Uint8Array | undefined): unknown {
  if (!body || body.byteLength === 0) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return parseLoosely(text);
  }
}

/** Marks a number that JSON does not have. It is random in each process, so that no text can contain it. */
const odd = `number ${randomUUID()} `;
/** Also matches texts, so that they can be left as they are. */
const textOrOddNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/gs;

function parseLoosely(text: string): unknown {
  const withoutMark = text.replace(/^\ufeff/, '');
  const quoted = withoutMark.replace(textOrOddNumber, (token) =>
    token.startsWith('"') ? token : `"${odd}${token}"`,
  );
  const revive = (_name: string, value: unknown) =>
    typeof value === 'string' && value.startsWith(odd) ? Number(value.slice(odd.length)) : value;
  try {
    return JSON.parse(quoted, revive);
  } catch {
    return undefined;
  }
}
