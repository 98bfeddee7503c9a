/** One exchange on its way through the gateway, and the HAR entry that becomes of it. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { type BodyCapture, type BodyTools, captureBody, type KeptBody } from './body.ts';
import type { HarCookie, HarEntry, HarHeader, HarPostData, LeftOut } from './har.ts';
import { Unredactable } from './redaction/stream.ts';
import type { AnswerHead, ExchangeHead, ExchangeTap } from './tap.ts';

export interface ExchangeTools extends BodyTools {
  /** Milliseconds since 1970. */
  now: () => number;
  /** The next place in the order of all starts and ends. */
  next: () => number;
}

/** How an exchange ended. */
export type Ended =
  | { entry: HarEntry; asSent: string[] }
  | { leftOut: LeftOut }
  /** A page of the gateway's own, which is no part of the application. */
  | 'ignored'
  /** The recorder's own fault. */
  | { fault: unknown };

export class RecordedExchange implements ExchangeTap {
  readonly #tools: ExchangeTools;
  readonly #onEnd: (ended: Ended) => void;
  readonly #head: ExchangeHead;
  /** Redacted at once: what is secret in a header is then known when the bodies come. */
  #headers: HarHeader[];
  #answerHeaders: HarHeader[] = [];
  readonly #startSequence: number;
  readonly #started: number;
  #requestEnded: number | undefined;
  #answered: number | undefined;
  #answer: AnswerHead | undefined;
  #requestBody: BodyCapture | undefined;
  #responseBody: BodyCapture | undefined;
  /** The answer's place in the order of ends, once it is whole. */
  #answerEnd: number | undefined;
  #over = false;

  constructor(tools: ExchangeTools, head: ExchangeHead, onEnd: (ended: Ended) => void) {
    this.#tools = tools;
    this.#head = head;
    this.#onEnd = onEnd;
    this.#headers = tools.redactor.headers(head.rawHeaders);
    this.#startSequence = tools.next();
    this.#started = tools.now();
  }

  requestBody(chunk: Uint8Array): void {
    this.#guarded(() => {
      this.#requestBody ??= bodyFor(this.#tools, this.#head.rawHeaders);
      this.#requestBody.write(chunk);
    });
  }

  requestEnd(): void {
    this.#requestEnded ??= this.#tools.now();
    if (this.#answerEnd !== undefined) this.#conclude(this.#answerEnd);
  }

  response(head: AnswerHead): void {
    if (this.#answer) return;
    this.#answer = head;
    this.#answerHeaders = this.#tools.redactor.headers(head.rawHeaders);
    this.#answered = this.#tools.now();
  }

  responseBody(chunk: Uint8Array): void {
    this.#guarded(() => {
      this.#responseBody ??= bodyFor(this.#tools, this.#answer?.rawHeaders ?? []);
      this.#responseBody.write(chunk);
    });
  }

  end(): void {
    if (this.#answerEnd !== undefined) return;
    this.#answerEnd = this.#tools.next();
    // A backend that does not care for the body may answer before all of it has come.
    if (this.#requestEnded !== undefined || !announcesBody(this.#head.rawHeaders))
      this.#conclude(this.#answerEnd);
  }

  /** It will not be whole: nothing more is waited for. */
  giveUp(): void {
    const half = this.#answerEnd !== undefined;
    this.aborted(
      half ? 'it was answered, but its body never ended' : 'it was not over when the recording stopped',
    );
  }

  #conclude(end: number): void {
    const answer = this.#answer;
    const backend = answer?.backend;
    if (!answer || !backend) this.aborted('it ended without an answer');
    else if (backend === 'gateway') this.#ofTheGateway(answer);
    else
      this.#guarded(() => {
        const request = this.#requestBody?.end();
        const response = this.#responseBody?.end();
        this.#over = true;
        if (request?.resized) this.#headers = withLength(this.#headers, request.size);
        if (response?.resized) this.#answerHeaders = withLength(this.#answerHeaders, response.size);
        const asSent = [...(request?.asSent ?? []), ...(response?.asSent ?? [])];
        this.#onEnd({ entry: this.#entry(answer, backend, end, request, response), asSent });
      });
  }

  #ofTheGateway({ status, reason }: AnswerHead): void {
    if (status >= 400) this.aborted(`the gateway itself answered ${status} ${reason}`);
    else
      this.#guarded(() => {
        this.#over = true;
        this.#requestBody?.drop();
        this.#responseBody?.drop();
        this.#onEnd('ignored');
      });
  }

  aborted(reason: string): void {
    this.#guarded(() => {
      this.#over = true;
      this.#requestBody?.drop();
      this.#responseBody?.drop();
      const { redactor } = this.#tools;
      this.#onEnd({
        leftOut: {
          _sequence: { start: this.#startSequence },
          method: this.#head.method,
          url: redactor.text(urlOf(this.#head)),
          reason,
        },
      });
    });
  }

  /** The exchange goes on whatever happens here. */
  #guarded(work: () => void): void {
    if (this.#over) return;
    try {
      work();
    } catch (fault) {
      if (fault instanceof Unredactable) this.aborted(fault.message);
      else {
        this.#over = true;
        this.#onEnd({ fault });
      }
    }
  }

  #entry(
    answer: AnswerHead,
    backend: BackendName,
    end: number,
    requestBody?: KeptBody,
    responseBody?: KeptBody,
  ): HarEntry {
    const { redactor } = this.#tools;
    const now = this.#tools.now();
    const answered = this.#answered ?? now;
    const sent = Math.min(this.#requestEnded ?? this.#started, answered);
    const headers = this.#headers;
    const answerHeaders = this.#answerHeaders;
    const url = redactor.text(urlOf(this.#head));
    return {
      startedDateTime: new Date(this.#started).toISOString(),
      time: now - this.#started,
      request: {
        method: this.#head.method,
        url,
        httpVersion: `HTTP/${this.#head.httpVersion}`,
        cookies: headers.filter(isNamed('cookie')).flatMap(({ value }) => cookiesOf(value, /;\s*/)),
        headers,
        queryString: queryOf(url),
        ...(requestBody ? { postData: postData(requestBody, firstValue(headers, 'content-type')) } : {}),
        headersSize: -1,
        bodySize: requestBody?.size ?? 0,
        ...(this.#head.target.startsWith('/') ? {} : { _target: redactor.text(this.#head.target) }),
      },
      response: {
        status: answer.status,
        statusText: answer.reason,
        httpVersion: `HTTP/${this.#head.httpVersion}`,
        cookies: answerHeaders.filter(isNamed('set-cookie')).flatMap(({ value }) => cookiesOf(value, /;.*$/)),
        headers: answerHeaders,
        content: {
          size: responseBody?.size ?? 0,
          mimeType: firstValue(answerHeaders, 'content-type'),
          ...text(responseBody),
        },
        redirectURL: firstValue(answerHeaders, 'location'),
        headersSize: -1,
        bodySize: responseBody?.size ?? 0,
      },
      cache: {},
      timings: { send: sent - this.#started, wait: answered - sent, receive: now - answered },
      _route: this.#head.routeKey,
      _backend: backend,
      _sequence: { start: this.#startSequence, end },
    };
  }
}

function bodyFor(tools: BodyTools, rawHeaders: readonly string[]): BodyCapture {
  return captureBody(
    tools,
    rawValue(rawHeaders, 'content-type'),
    rawValues(rawHeaders, 'content-encoding').join(','),
  );
}

/** A body that was encoded again may have another length than was announced. */
function withLength(headers: readonly HarHeader[], size: number): HarHeader[] {
  return headers.map((header) =>
    isNamed('content-length')(header) ? { name: header.name, value: String(size) } : header,
  );
}

/** Whether a body follows a request's head, by what the head says. */
export function announcesBody(rawHeaders: readonly string[]): boolean {
  const length = rawValue(rawHeaders, 'content-length');
  return rawValue(rawHeaders, 'transfer-encoding') !== '' || (length !== '' && length !== '0');
}

function rawValue(rawHeaders: readonly string[], name: string): string {
  return rawValues(rawHeaders, name)[0] ?? '';
}

function rawValues(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** HAR wants an absolute URL; the host is the one that the client named. */
function urlOf(head: ExchangeHead): string {
  const host = rawValue(head.rawHeaders, 'host') || 'gateway';
  return /^https?:\/\//i.test(head.target) ? head.target : `http://${host}${head.target}`;
}

function queryOf(url: string): HarHeader[] {
  const query = url.split('#')[0]?.split('?').slice(1).join('?');
  if (!query) return [];
  return query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return { name, value: value.join('=') };
  });
}

const isNamed = (name: string) => (header: HarHeader) => header.name.toLowerCase() === name;

function firstValue(headers: readonly HarHeader[], name: string): string {
  return headers.find(isNamed(name))?.value ?? '';
}

function cookiesOf(value: string, separator: RegExp): HarCookie[] {
  return value
    .split(separator)
    .filter((pair) => pair.includes('='))
    .map((pair) => ({ name: pair.slice(0, pair.indexOf('=')), value: pair.slice(pair.indexOf('=') + 1) }));
}

function postData(body: KeptBody, mimeType: string): HarPostData {
  const [only] = body.stretches;
  const params = body.params?.map(({ file, ...info }) => (file ? { ...info, _file: file } : info));
  const plain = body.stretches.length === 1 && only && 'text' in only ? only.text : undefined;
  return {
    mimeType,
    text: plain ?? '',
    ...(params ? { params } : {}),
    ...(plain === undefined ? { _body: body.stretches } : {}),
  };
}

function text(body: KeptBody | undefined): {
  text?: string;
  encoding?: 'base64';
  _body?: KeptBody['stretches'];
} {
  const [only] = body?.stretches ?? [];
  if (!only || body?.stretches.length === 0) return {};
  if (body?.stretches.length === 1 && 'text' in only) return { text: only.text };
  if (body?.stretches.length === 1 && 'base64' in only) return { text: only.base64, encoding: 'base64' };
  return { _body: body?.stretches ?? [] };
}
