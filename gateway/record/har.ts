/**
 * HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/) as Banyan writes it. Names that begin with `_` are ours, as
 * section "Custom Fields" of that page allows; contract-tests/README.md explains them to the reader of a recording.
 */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';

/**
 * A stretch of a body. A body is the concatenation of its stretches, byte for byte.
 * `file` is the SHA-256 of a file in the folder `files` beside the recording.
 */
export type Stretch = { text: string } | { base64: string } | { file: string; size: number };

export interface HarHeader {
  name: string;
  value: string;
}

export interface HarPostData {
  mimeType: string;
  /** The body where it is valid UTF-8 and short; else empty, and `_body` has it. */
  text: string;
  /** What of a multipart body a reader wants to know. */
  params?: { name: string; fileName?: string; contentType?: string; _file?: string }[];
  /** The exact bytes, where `text` is not all of them. */
  _body?: Stretch[];
}

export interface HarContent {
  size: number;
  mimeType: string;
  text?: string;
  encoding?: 'base64';
  _body?: Stretch[];
}

export interface HarEntry {
  startedDateTime: string;
  /** Milliseconds from the request's head to the answer's last byte. */
  time: number;
  request: {
    method: string;
    url: string;
    httpVersion: string;
    cookies: HarCookie[];
    headers: HarHeader[];
    queryString: HarHeader[];
    postData?: HarPostData;
    headersSize: -1;
    bodySize: number;
    /** The target as sent, where it is not what follows the origin in `url`. */
    _target?: string;
  };
  response: {
    status: number;
    statusText: string;
    httpVersion: string;
    cookies: HarCookie[];
    headers: HarHeader[];
    content: HarContent;
    redirectURL: string;
    headersSize: -1;
    bodySize: number;
  };
  cache: Record<string, never>;
  timings: { send: number; wait: number; receive: number };
  _route: RouteKey;
  _backend: BackendName;
  /** Places in the order of all starts and ends of a recording: A was over before B began where A.end < B.start. */
  _sequence: { start: number; end: number };
}

export interface HarCookie {
  name: string;
  value: string;
}

/** An exchange that is not in the recording: aborted, or not over at its end, or failed. It may have had an effect. */
export interface LeftOut {
  _sequence: { start: number };
  method: string;
  url: string;
  reason: string;
}

export interface HarLog {
  version: '1.2';
  creator: { name: 'banyan'; version: string };
  comment: string;
  pages: [];
  entries: HarEntry[];
  /** Stand-ins put in the place of secrets, so that a reader knows them for what they are. */
  _standIns: string[];
  /** Binary bodies and file parts, by hash: kept as sent, nothing in them was looked for. */
  _asSent: string[];
  _leftOut: LeftOut[];
}

export interface Har {
  log: HarLog;
}
