/** Looks for secrets in a recording that is on the disk, as the recorder would have looked for them. */
import type { RedactionRules } from './redaction/rules.ts';
import { Redactor } from './redaction/redactor.ts';

interface Parts {
  url: string;
  headers: { name: string; value: string }[];
}

interface Log {
  entries: {
    request: Parts & { postData?: { text?: string; _body?: { text?: string }[] } };
    response: Omit<Parts, 'url'> & {
      content: { text?: string; encoding?: string; _body?: { text?: string }[] };
    };
  }[];
  _standIns?: string[];
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
    const { postData } = request;
    const { content } = response;
    for (const stretch of [postData, ...(postData?._body ?? []), content, ...(content._body ?? [])])
      if (stretch?.text)
        redactor.text(latin1(stretch.text, stretch === content && content.encoding === 'base64'));
  }
  for (const text of sideFiles) redactor.text(text);
  const standIns = new Set(log._standIns ?? []);
  return redactor
    .secrets()
    .filter((secret) => !standIns.has(secret))
    .map((secret) => `${secret.slice(0, 6)}… (${secret.length} characters)`);
}

const latin1 = (text: string, base64: boolean) =>
  Buffer.from(text, base64 ? 'base64' : 'utf8').toString('latin1');
