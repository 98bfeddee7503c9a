/** The answers to requests whose path leads nowhere by itself: redirects, and what is refused before routing. */
import { STATUS_CODES } from 'node:http';
import type { WireAnswer, WireRequest } from './answers.ts';
import { corsHeaders } from './cors.ts';
import { repr } from './python/strings.ts';
import type { Redirect } from './redirect.ts';
import type { Routed } from './route.ts';

export type Refusal = Extract<Routed, { found: 'refused' }>['why'];

/** Werkzeug adds the address behind the length. */
export function redirectAnswer(request: WireRequest, { status, html, location }: Redirect): WireAnswer {
  return answer(request, status, html, ['Location', location]);
}

/**
 * Two differ from legacy's: where its debugger would show a traceback (`address`) this is the page that Flask has without
 * one, and where it closes the connection without a word (`unanswered`) this is 400.
 * @param target as sent, for the server's own page about the request line
 */
export function refusalAnswer(request: WireRequest, why: Refusal, target: string): WireAnswer {
  if (why === 'syntax') return syntaxAnswer(request, target);
  if (why === 'address') return answer(request, 500, page('500 Internal Server Error', serverError), []);
  return answer(request, 400, page('400 Bad Request', notUnderstood), []);
}

const notUnderstood = 'The browser (or proxy) sent a request that this server could not understand.';
const serverError =
  'The server encountered an internal error and was unable to complete your request. ' +
  'Either the server is overloaded or there is an error in the application.';

function page(title: string, text: string): string {
  return `<!doctype html>\n<html lang=en>\n<title>${title}</title>\n<h1>${title.slice(4)}</h1>\n<p>${text}</p>\n`;
}

function answer(request: WireRequest, status: number, html: string, more: string[]): WireAnswer {
  const body = Buffer.from(html);
  const rawHeaders = [
    ...['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.byteLength)],
    ...more,
    ...corsHeaders(request.method, request.rawHeaders),
  ];
  const reason = (STATUS_CODES[status] ?? 'Unknown').toUpperCase();
  return { status, reason, rawHeaders, body: request.method === 'HEAD' ? Buffer.alloc(0) : body };
}

/** `http.server`'s own page, made before there is a request: no cross-origin headers, and the request line for a reason. */
function syntaxAnswer({ method }: WireRequest, target: string): WireAnswer {
  const message = `Bad request syntax (${repr(`${method} ${target} HTTP/1.1`)})`;
  const html = `<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: 400</p>
        <p>Message: ${message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}.</p>
        <p>Error code explanation: 400 - Bad request syntax or unsupported method.</p>
    </body>
</html>
`;
  const body = Buffer.from(html);
  const rawHeaders = ['Content-Type', 'text/html;charset=utf-8', 'Content-Length', String(body.byteLength)];
  // Python sends the body to HEAD too, as it has not read the method yet; RFC 9110 9.3.2 forbids it, and so does Node.
  return { status: 400, reason: message, rawHeaders, body: method === 'HEAD' ? Buffer.alloc(0) : body };
}
