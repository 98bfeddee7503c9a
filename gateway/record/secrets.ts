/** Looks for secrets in a recording that is on the disk, as the recorder would have looked for them. */
import { codingsOf, decode } from './encoded.ts';
import { Redactor } from './redaction/redactor.ts';
import type { RedactionRules } from './redaction/rules.ts';

interface Body {
  text?: string;
  base64?: string;
  encoding?: string;
  _body?: Body[];
}

interface Log {
  entries: {
    request: { url: string; headers: Header[]; postData?: Body };
    response: { headers: Header[]; content: Body };
  }[];
  _standIns?: string[];
}

interface Header {
  name: string;
  value: string;
}

/**
 * @param har a HAR file's text
 * @param sideFiles contents of the text files beside it that it refers to
 * @returns the secrets in it that are not stand-ins, shortened, so that a log does not spread them
 */
export function secretsIn(har: string, rules: RedactionRules, sideFiles: readonly string[] = []): string[] {
  const { log } = JSON.parse(har) as { log: Log };
  const redactor = new Redactor(rules, Buffer.alloc(32));
  for (const { request, response } of log.entries) {
    for (const { headers } of [request, response])
      redactor.headers(headers.flatMap(({ name, value }) => [name, value]));
    redactor.text(request.url);
    for (const text of textsOf(request.postData, request.headers)) redactor.text(text);
    for (const text of textsOf(response.content, response.headers)) redactor.text(text);
  }
  for (const text of sideFiles) redactor.text(text);
  const standIns = new Set(log._standIns ?? []);
  return redactor
    .secrets()
    .filter((secret) => !standIns.has(secret))
    .map((secret) => `${secret.slice(0, 6)}… (${secret.length} characters)`);
}

/** A body's texts, decoded where its headers name an encoding. Side files are the caller's to read. */
function textsOf(body: Body | undefined, headers: readonly Header[]): string[] {
  const encoding = headers.find(({ name }) => name.toLowerCase() === 'content-encoding')?.value ?? '';
  return [body, ...(body?._body ?? [])].flatMap((stretch) => {
    const bytes = bytesOf(stretch);
    return bytes.length === 0 ? [] : [plain(bytes, encoding).toString('latin1')];
  });
}

function bytesOf(stretch: Body | undefined): Buffer {
  if (stretch?.base64 !== undefined) return Buffer.from(stretch.base64, 'base64');
  return Buffer.from(stretch?.text ?? '', stretch?.encoding === 'base64' ? 'base64' : 'utf8');
}

/** What cannot be decoded is looked through as it is. */
function plain(bytes: Buffer, encoding: string): Buffer {
  try {
    return decode(bytes, codingsOf(encoding));
  } catch {
    return bytes;
  }
}
