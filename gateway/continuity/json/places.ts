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

/** Stands before a number that JSON has not; nobody can write it into a text, as it is another one in each process. */
const odd = `number ${randomUUID()} `;
/** Texts are matched to be left as they are. */
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
