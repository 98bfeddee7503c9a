/** Werkzeug's redirect to a path whose slashes are merged. */
import type { Page } from './pages.ts';
import type { ReadPath } from './paths.ts';
import { quote } from './python/strings.ts';

export interface Redirect extends Page {
  /** The Location header. */
  location: string;
}

const pathSafe = "!$&'()*+,/:;=@";

/**
 * @returns undefined where the host is one that no address can name: Werkzeug fails there, with its debugger's page
 */
export function redirectTo(path: string, { host, query }: ReadPath): Redirect | undefined {
  const url = `http://${host}${quote(path, pathSafe)}${query && `?${query}`}`;
  const location = addressOf(url);
  if (location === undefined) return undefined;
  const shown = escaped(url);
  const html =
    '<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n' +
    `<p>You should be redirected automatically to the target URL: <a href="${shown}">${shown}</a>. ` +
    'If not, click the link.\n';
  return { status: 308, reason: 'PERMANENT REDIRECT', html, location };
}

/** `werkzeug.urls.iri_to_uri`: taken apart, quoted part by part, put together. */
function addressOf(url: string): string | undefined {
  const [, authority = '', path = '', query = '', fragment = ''] =
    /^http:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(url) ?? [];
  const netloc = netlocOf(authority);
  if (netloc === undefined) return undefined;
  const quotedQuery = quote(query, `%${pathSafe}?`);
  const quotedFragment = quote(fragment, `%!#${pathSafe.slice(1)}?`);
  const rest = quote(path, `%${pathSafe}`);
  return `http://${netloc}${rest}${quotedQuery && `?${quotedQuery}`}${quotedFragment && `#${quotedFragment}`}`;
}

function netlocOf(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  const address = addressParts(authority.slice(at + 1));
  if (!address) return undefined;
  const { name, port } = address;
  const shown = `${name.includes(':') ? `[${name}]` : name}${port ? `:${port}` : ''}`;
  const user = at === -1 ? '' : userOf(authority.slice(0, at));
  return user ? `${user}@${shown}` : shown;
}

/** Python's view of host and port: a port must be a number of the range; nought and an empty one are left out. */
function addressParts(address: string): { name: string; port: number } | undefined {
  const found = address.includes('[')
    ? /^[^[]*\[([^\]]*)\](?:[^:]*:?)(.*)$/s.exec(address)
    : /^([^:]*):?(.*)$/s.exec(address);
  if (!found || (address.includes('[') && !isBracketed(found[1] ?? ''))) return undefined;
  if (!address.includes('[') && address.includes(']')) return undefined;
  const [, name = '', port = ''] = found;
  if (!/^[0-9]*$/.test(port) || Number(port) > 65535) return undefined;
  return { name, port: Number(port) };
}

/** Only an IPv6 address stands in brackets. */
function isBracketed(name: string): boolean {
  return URL.canParse(`http://[${name}]/`);
}

function userOf(information: string): string {
  const colon = information.indexOf(':');
  const safe = "%!$&'()*+,;=";
  if (colon === -1) return quote(information, safe);
  const user = quote(information.slice(0, colon), safe);
  const password = quote(information.slice(colon + 1), safe);
  return user && password ? `${user}:${password}` : user;
}

/** As MarkupSafe does it. */
function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    "'": '&#39;',
    '"': '&#34;',
  };
  return text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);
}
