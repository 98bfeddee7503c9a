/**
 * The request target, read once. A path that the gateway and a backend could read differently is not canonical: it is
 * never served by `new`, it goes to legacy as it came.
 */

export interface Target {
  /** Path and query in origin form, byte for byte as the client sent them. */
  raw: string;
  /** The raw path, without the query. */
  path: string;
  canonical: boolean;
}

export type TargetReading = { target: Target } | { fault: 'ambiguous' | 'malformed'; reason: string };

/** Unreserved characters and slashes only, no empty or dot-led segment: nearly every request, decided in one test. */
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;
/** RFC 3986 pchar without `;`, percent escapes apart. */
const segmentCharacters = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+$/;
/** Escapes of unreserved characters say the same as the characters (RFC 3986 6.2.2.2), so they have two spellings. */
const needlessEscape = /%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])/;
const control = /\p{Cc}/u;

/**
 * Reads the target of a request line.
 * @param line what stands between method and version, as `IncomingMessage.url` has it
 * @param host the Host header, for the absolute form
 */
export function readTarget(line: string, host: string | undefined): TargetReading {
  if (line.startsWith('/')) return { target: originForm(line) };
  if (line === '*') return { target: { raw: line, path: line, canonical: false } };
  return absoluteForm(line, host);
}

function originForm(raw: string): Target {
  const query = raw.indexOf('?');
  const path = query === -1 ? raw : raw.slice(0, query);
  return { raw, path, canonical: isCanonical(path) };
}

/** RFC 9112 3.2.2: the authority of an absolute form overrides Host; where the two differ, backends disagree. */
function absoluteForm(line: string, host: string | undefined): TargetReading {
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(line);
  if (!match) return { fault: 'malformed', reason: 'the target is neither a path nor an http address' };
  const [, authority = '', rest = ''] = match;
  if (authority.toLowerCase() !== host?.toLowerCase())
    return { fault: 'ambiguous', reason: 'the target names another host than the Host header' };
  return { target: originForm(rest.startsWith('/') ? rest : `/${rest}`) };
}

function isCanonical(path: string): boolean {
  if (path === '/' || plainPath.test(path)) return true;
  return path.slice(1).split('/').every(isCanonicalSegment);
}

function isCanonicalSegment(segment: string): boolean {
  if (!segmentCharacters.test(segment) || needlessEscape.test(segment)) return false;
  if (segment === '.' || segment === '..') return false;
  const decoded = decodeSegment(segment);
  return decoded !== undefined && !/[/\\]/.test(decoded) && !control.test(decoded);
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
