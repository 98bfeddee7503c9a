/** What of a header list crosses the gateway, in both directions. Order and case are kept. */
import { isInternal } from '@banyan/operations/internal-headers.ts';

/** RFC 9110 7.6.1 and its ancestors: they speak of one connection. `Expect` is answered by the gateway itself. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

/** Who the client is, is for the gateway to say. */
const forwarding = /^(?:forwarded|x-forwarded-.+|x-real-ip)$/;

/** What the gateway says itself, whoever is trusted. */
const ownForwarding = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

/** The session of the operator's console. */
export const consoleCookie = 'banyan_console';

/** Naming these in `Connection` would change what the message is, so the naming is void. */
const essential = new Set(['host', 'content-length', 'content-type', 'content-encoding']);

/** The server's, not the application's: the gateway has its own. */
const ofTheServer = new Set(['server', 'date']);

const none: ReadonlySet<string> = new Set();

/** The header names in `Connection`, lower case, without those that may not be named. */
function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> {
  let named: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length !== 10 || rawHeaders[i]?.toLowerCase() !== 'connection') continue;
    for (const token of rawHeaders[i + 1]?.toLowerCase().split(',') ?? []) {
      const name = token.trim();
      if (name === 'keep-alive' || name === 'close' || essential.has(name)) continue;
      named ??= new Set();
      named.add(name);
    }
  }
  return named ?? none;
}

/** What the gateway tells a backend about the client. */
export interface Forwarded {
  /** The chain for `X-Forwarded-For`, the client first. */
  for: string;
  proto: string;
  host: string | undefined;
  /** Whether the peer is a trusted proxy, whose other forwarding headers are kept. */
  trusted: boolean;
}

/**
 * The headers that a backend gets: without hop-by-hop headers, those that `Connection` names, the client's own forwarding
 * headers, the internal ones and the console's session; with the gateway's forwarding headers at the end.
 */
export function toBackend(rawHeaders: readonly string[], forwarded: Forwarded): string[] {
  const named = namedByConnection(rawHeaders);
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named.has(lower) || isOurs(lower, forwarded.trusted)) continue;
    if (lower.includes('_') && isDisguised(lower)) continue;
    const value = rawHeaders[i + 1] as string;
    if (lower !== 'cookie' || !value.includes(consoleCookie)) kept.push(name, value);
    else if (withoutConsole(value)) kept.push(name, withoutConsole(value));
  }
  kept.push('X-Forwarded-For', forwarded.for, 'X-Forwarded-Proto', forwarded.proto);
  if (forwarded.host !== undefined) kept.push('X-Forwarded-Host', forwarded.host);
  return kept;
}

/** Browsers send a cookie to every port of a host: the operator's session is no backend's business. */
function withoutConsole(cookies: string): string {
  const others = cookies.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() !== consoleCookie);
  return others.join(';').trim();
}

/** Whether a header is for the gateway to set, whatever the client says. */
function isOurs(lower: string, trusted: boolean): boolean {
  const first = lower.charCodeAt(0);
  if (first !== 0x78 && first !== 0x66) return false; // x, f
  // The internal channel between gateway and new backend: never taken from a client.
  if (isInternal(lower)) return true;
  return forwarding.test(lower) && (!trusted || ownForwarding.has(lower));
}

/** CGI and WSGI make one variable of `X_Forwarded_For` and `X-Forwarded-For`: the first must not pass for the second. */
function isDisguised(lower: string): boolean {
  const plain = lower.replaceAll('_', '-');
  return hopByHop.has(plain) || essential.has(plain) || forwarding.test(plain) || isInternal(plain);
}

/**
 * Whether a `Set-Cookie` would end or replace the operator's session: a browser keeps one jar for all ports of a host. A cookie
 * without a name is sent as its bare value, so that value counts as well (RFC 6265bis, 5.6).
 */
const setsConsoleCookie = (value: string) => consoleCookieSet.test(value);
const consoleCookieSet = new RegExp(`^\\s*=?\\s*${consoleCookie}\\s*=`);

/**
 * The headers that the client gets: without hop-by-hop headers, those that `Connection` names, `Server`, `Date` and a cookie of
 * the console's name.
 */
export function toClient(rawHeaders: readonly string[]): string[] {
  const named = namedByConnection(rawHeaders);
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named.has(lower) || ofTheServer.has(lower)) continue;
    const value = rawHeaders[i + 1] as string;
    if (lower === 'set-cookie' && setsConsoleCookie(value)) continue;
    kept.push(name, value);
  }
  return kept;
}
