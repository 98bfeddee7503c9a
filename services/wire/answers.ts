/** Whole answers, with their headers in Flask's order. */
import { STATUS_CODES } from 'node:http';
import { corsHeaders } from './cors.ts';
import { type Json, type JsonStyle, toJson } from './json.ts';
import type { Page } from './pages.ts';

/** An answer as it goes on the wire. */
export interface WireAnswer {
  status: number;
  reason: string;
  /** Name, value, name, value, … */
  rawHeaders: string[];
  body: Uint8Array;
}

/** What of a request the wire looks at. */
export interface WireRequest {
  method: string;
  rawHeaders: readonly string[];
}

const html = 'text/html; charset=utf-8';

export function jsonAnswer(request: WireRequest, status: number, value: Json, style: JsonStyle): WireAnswer {
  return jsonBody(request, status, Buffer.from(toJson(value, style), 'latin1'));
}

/** The bodies of values that are answered again and again, as long as somebody has the value. */
const keptBodies: Record<JsonStyle, WeakMap<object, Buffer>> = {
  pretty: new WeakMap(),
  compact: new WeakMap(),
};

/** The same as `jsonAnswer`, written out once for each value: one that is never changed. */
export function keptAnswer(request: WireRequest, status: number, value: Json, style: JsonStyle): WireAnswer {
  if (value === null || typeof value !== 'object') return jsonAnswer(request, status, value, style);
  const kept = keptBodies[style];
  const body = kept.get(value) ?? Buffer.from(toJson(value, style), 'latin1');
  kept.set(value, body);
  return jsonBody(request, status, body);
}

function jsonBody(request: WireRequest, status: number, body: Buffer): WireAnswer {
  const rawHeaders = ['Content-Type', 'application/json', 'Content-Length', String(body.byteLength)];
  return finish(request, { status, reason: reasonOf(status), rawHeaders, body });
}

/** @param allow the methods of the path, for 405 */
export function pageAnswer(request: WireRequest, page: Page, allow?: readonly string[]): WireAnswer {
  const body = Buffer.from(page.html);
  const rawHeaders = ['Content-Type', html];
  if (allow) rawHeaders.push('Allow', allow.join(', '));
  rawHeaders.push('Content-Length', String(body.byteLength));
  return finish(request, { status: page.status, reason: page.reason, rawHeaders, body });
}

/** Flask's automatic answer to OPTIONS: here alone the length comes after the cross-origin headers. */
export function optionsAnswer(request: WireRequest, allow: readonly string[]): WireAnswer {
  const rawHeaders = [
    'Content-Type',
    html,
    'Allow',
    allow.join(', '),
    ...corsHeaders(request.method, request.rawHeaders),
  ];
  return {
    status: 200,
    reason: 'OK',
    rawHeaders: [...rawHeaders, 'Content-Length', '0'],
    body: Buffer.alloc(0),
  };
}

function finish(request: WireRequest, answer: WireAnswer): WireAnswer {
  answer.rawHeaders.push(...corsHeaders(request.method, request.rawHeaders));
  // HEAD keeps the length of what GET would say.
  return request.method === 'HEAD' ? { ...answer, body: Buffer.alloc(0) } : answer;
}

/** Werkzeug's server sends the standard's names in capitals. */
function reasonOf(status: number): string {
  return (STATUS_CODES[status] ?? 'Unknown').toUpperCase();
}
