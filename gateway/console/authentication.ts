/**
 * Who may use the console. A program sends the token as `Authorization: Bearer`; a browser gets a session cookie for it.
 * A cookie is sent by any page that makes a browser do a request, so with a cookie a write must come from the console's
 * own pages: SameSite does not tell the ports of one host apart, `Origin` does.
 */
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { isSameSecret } from '@banyan/operations/http/same-secret.ts';
import type { Context, MiddlewareHandler } from 'hono';
import { setCookie } from 'hono/cookie';
import { consoleCookie as COOKIE } from '../edge/headers.ts';
import { BanyanError } from '../errors.ts';

export interface Authentication {
  /** Refuses names that are not this console's: a foreign page could point its own name at this address. */
  host: MiddlewareHandler;
  /** Refuses requests without the token or a session. */
  token: MiddlewareHandler;
  isToken(candidate: string): boolean;
  startSession(c: Context): void;
  isSameOrigin(c: Context): boolean;
}

/** @param host what the console listens on; a name is accepted in `Host`, besides `localhost` and addresses */
export function createAuthentication(token: string, host: string): Authentication {
  // The cookie must not be the token: it goes to every port of this host.
  const session = createHmac('sha256', token).update('console session').digest('base64url');
  const isSession = (c: Context) => sessionsOf(c).some((candidate) => isSameSecret(candidate, session));

  return {
    isToken: (candidate) => isSameSecret(candidate, token),
    startSession: (c) => setCookie(c, COOKIE, session, { path: '/', httpOnly: true, sameSite: 'Strict' }),
    isSameOrigin,
    host: async (c, next) => {
      const name = hostName(c.req.header('host') ?? '');
      if (name !== 'localhost' && name !== host && isIP(name) === 0)
        throw new BanyanError('console_host', { host: name });
      await next();
    },
    token: async (c, next) => {
      const bearer = /^Bearer +(.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
      if (bearer === undefined ? !isSession(c) : !isSameSecret(bearer, token))
        throw new BanyanError('console_token');
      const writes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
      if (writes && bearer === undefined && !isSameOrigin(c)) throw new BanyanError('console_origin');
      await next();
    },
  };
}

/** A browser sends several cookies of one name where they were set for several paths; what is no session must not hide one that is. */
function sessionsOf(c: Context): string[] {
  const pairs = (c.req.header('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.flatMap((pair) => (pair.startsWith(`${COOKIE}=`) ? [pair.slice(COOKIE.length + 1)] : []));
}

/** Whether the browser says that a page of this very origin made the request. */
function isSameOrigin(c: Context): boolean {
  const origin = c.req.header('origin');
  if (origin !== undefined) return URL.canParse(origin) && new URL(origin).host === c.req.header('host');
  return c.req.header('sec-fetch-site') === 'same-origin';
}

/** `[::1]:8081` → `::1` */
function hostName(header: string): string {
  return header
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}
