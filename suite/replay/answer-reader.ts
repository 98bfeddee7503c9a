/** Reads one HTTP/1.1 answer from a connection, and says how it breaks the protocol where it does. */
import type { Answer } from '@banyan/compare/answer.ts';
import { firstHeader } from '@banyan/compare/headers.ts';

type Head = Pick<Answer, 'status' | 'reason' | 'rawHeaders'>;

export class AnswerReader {
  readonly #method: string;
  #pieces: Buffer[] = [];
  #size = 0;
  #head: (Head & { length: number }) | undefined;

  constructor(method: string) {
    this.#method = method;
  }

  get begun(): boolean {
    return this.#size > 0;
  }

  /** As many bytes have come as the head announced. Always false where only the end of the connection tells. */
  get whole(): boolean {
    if (!this.#head) return false;
    const body = this.#size - this.#head.length;
    if (this.#hasNoBody(this.#head)) return true;
    if (this.#isChunked(this.#head))
      return this.#tail(7).endsWith('\r\n0\r\n\r\n') || this.#tail(5) === '0\r\n\r\n';
    const length = firstHeader(this.#head.rawHeaders, 'content-length');
    return length !== undefined && body >= Number(length);
  }

  read(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    while (!this.#head) {
      const all = this.#all();
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = headOf(all.subarray(0, end).toString('latin1'));
      if (head.status < 100 || head.status >= 200) this.#head = { ...head, length: end + 4 };
      else this.#restart(all.subarray(end + 4));
    }
  }

  /** What has come, whole or not. */
  answer(): Answer {
    const head = this.#head;
    const all = this.#all();
    if (!head)
      return {
        status: 0,
        reason: '',
        rawHeaders: [],
        body: all,
        broken: 'the connection ended within the head',
      };
    const rest = all.subarray(head.length);
    const { body, broken } = this.#body(head, rest);
    const { status, reason, rawHeaders } = head;
    return { status, reason, rawHeaders, body, ...(broken ? { broken } : {}) };
  }

  #body(head: Head, rest: Buffer): { body: Buffer; broken?: string | undefined } {
    if (this.#hasNoBody(head))
      return {
        body: rest,
        broken: rest.length > 0 ? `${rest.length} bytes after a head that has no body` : undefined,
      };
    if (this.#isChunked(head)) return unchunked(rest);
    const length = firstHeader(head.rawHeaders, 'content-length');
    if (length === undefined || Number(length) === rest.length) return { body: rest };
    const faults =
      Number(length) > rest.length
        ? `the connection ended after ${rest.length} of ${length} bytes`
        : `${rest.length - Number(length)} bytes after the end of the body`;
    return { body: rest, broken: faults };
  }

  #hasNoBody({ status }: Head): boolean {
    return this.#method === 'HEAD' || status === 204 || status === 304;
  }

  #isChunked(head: Head): boolean {
    return /chunked/i.test(firstHeader(head.rawHeaders, 'transfer-encoding') ?? '');
  }

  #all(): Buffer {
    const all =
      this.#pieces.length === 1 ? (this.#pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }

  #tail(count: number): string {
    return this.#all().subarray(-count).toString('latin1');
  }

  #restart(rest: Buffer): void {
    this.#pieces = [rest];
    this.#size = rest.length;
  }
}

function headOf(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const [, status = '0', reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first) ?? [];
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0
      ? [line, '']
      : [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
  });
  return { status: Number(status), reason, rawHeaders };
}

function unchunked(rest: Buffer): { body: Buffer; broken?: string } {
  const chunks: Buffer[] = [];
  const broken = (fault: string) => ({ body: Buffer.concat(chunks), broken: fault });
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.subarray(at, lineEnd < 0 ? at : lineEnd).toString('latin1'), 16);
    const end = lineEnd + 2 + size;
    if (lineEnd < 0 || Number.isNaN(size) || end + 2 > rest.length) {
      if (size > 0) chunks.push(rest.subarray(lineEnd + 2, end));
      return broken('the chunks end early');
    }
    if (size === 0)
      return end + 2 === rest.length
        ? { body: Buffer.concat(chunks) }
        : broken(`${rest.length - end - 2} bytes after the end of the body`);
    chunks.push(rest.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
