/** Cross-origin headers as flask-cors 6.0.1 gives them with its defaults, in its order. */
import { headerOf } from '@banyan/operations/http/headers.ts';

const methods = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
const knownMethods = new Set(methods.split(', '));

/**
 * @param method of the request; only OPTIONS can be a preflight
 * @returns name, value, … to be appended to an answer of any status
 */
export function corsHeaders(method: string, rawHeaders: readonly string[]): string[] {
  const origin = headerOf(rawHeaders, 'origin');
  const headers = ['Access-Control-Allow-Origin', origin || '*'];
  if (headerOf(rawHeaders, 'access-control-request-private-network') === 'true')
    headers.push('Access-Control-Allow-Private-Network', 'false');
  if (method === 'OPTIONS') headers.push(...preflightHeaders(rawHeaders));
  if (origin && origin !== '*') headers.push('Vary', 'Origin');
  return headers;
}

function preflightHeaders(rawHeaders: readonly string[]): string[] {
  const requested = headerOf(rawHeaders, 'access-control-request-method')?.toUpperCase();
  if (!requested || !knownMethods.has(requested)) return [];
  const names = headerOf(rawHeaders, 'access-control-request-headers');
  const allowed = names ? sortedNames(names) : '';
  return [
    ...(allowed ? ['Access-Control-Allow-Headers', allowed] : []),
    'Access-Control-Allow-Methods',
    methods,
  ];
}

/** Sorted by code unit, case kept: header values are Latin-1, where that is Python's order too. */
function sortedNames(names: string): string {
  return names
    .split(',')
    .map(stripped)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .join(', ');
}

/** As Python's `str.strip` does it: what JavaScript takes for white space, and NEL. */
const stripped = (text: string) => text.replace(/^[\s\x85]+|[\s\x85]+$/g, '');
