/**
 * A request's target as Python's HTTP server, Werkzeug's WSGI server and Flask read it, one behind the other. There is no
 * legacy one day to take the paths that are not canonical.
 */
import { pythonSpace, unquote } from './python/strings.ts';

export interface ReadPath {
  /** What routes are matched against: decoded, `%2F` too, and with one slash in front. */
  path: string;
  /** As sent, without the question mark. */
  query: string;
  /** The Host that redirects name, in lower case. */
  host: string;
}

/**
 * `syntax`: Python's HTTP server finds blanks in the target. `host`: no host can have that name, and Flask answers
 * everything with 400. `unanswered`: the server closes the connection without a word.
 */
export type PathReading = ReadPath | { refused: 'syntax' | 'host' | 'unanswered' };

/** What `str.split` takes for blanks. */
const blanks = new RegExp(`[${pythonSpace}]`);

/**
 * @param target of the request line, one character a byte
 * @param host the Host header, one character a byte; empty where there is none
 */
export function readPath(target: string, host: string): PathReading {
  if (blanks.test(target)) return { refused: 'syntax' };
  const parts = split(target);
  if (!parts) return { refused: 'unanswered' };
  const named = readHost(parts.authority || host);
  if (named === undefined) return { refused: 'host' };
  // Python's server merges the slashes in front before anyone can take the first name for a host.
  const path = `/${unquote(parts.path).replace(/^\/+/, '')}`;
  return { path, query: parts.query, host: named };
}

/** `urlsplit`: the absolute form has an authority, which overrides Host; a fragment is cut off. */
function split(target: string): { authority: string; path: string; query: string } | undefined {
  // What is a control character or a blank in front was refused or is cut off here.
  const absolute = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(target.replace(/^[\0-\x20]+/, ''));
  let rest = absolute?.[2] ?? target;
  let authority = '';
  if (absolute && rest.startsWith('//')) {
    authority = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? '';
    rest = rest.slice(2 + authority.length);
    if (/[[\]]/.test(authority)) return undefined;
  }
  const [beforeFragment = ''] = rest.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  if (mark === -1) return { authority, path: beforeFragment, query: '' };
  return { authority, path: beforeFragment.slice(0, mark), query: beforeFragment.slice(mark + 1) };
}

/** As Werkzeug binds it: the standard port cut off, in lower case, the name encodable by IDNA, undefined where it is not. */
function readHost(host: string): string | undefined {
  const name = (host.endsWith(':80') ? host.slice(0, -3) : host).toLowerCase();
  const [labels = ''] = name.split(':', 1);
  return isEncodable(labels) ? name : undefined;
}

/** No empty label but a last one, none of 64 characters. Names beyond ASCII are not encoded here but refused. */
function isEncodable(name: string): boolean {
  if (name === '') return true;
  if (/[^\0-\x7f]/.test(name)) return false;
  const labels = name.split('.');
  return labels.every((label, i) => label.length < 64 && (label.length > 0 || i === labels.length - 1));
}

/** The path with its doubled slashes made one; of three, as Werkzeug does it, two are left. */
export function mergeSlashes(path: string): string {
  return path.replace(/\/\//g, '/');
}
