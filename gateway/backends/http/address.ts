/** Where a backend is, in the words of Node's clients. */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';

export interface Address {
  client: Pick<typeof http, 'request' | 'Agent'>;
  /** What a Host header for it says. */
  authority: string;
  host: string;
  port: string | undefined;
  servername: string;
}

/** @param url origin of the backend */
export function addressOf(url: string): Address {
  const { hostname, host: authority, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    client: protocol === 'https:' ? https : http,
    authority,
    host,
    port: port || undefined,
    // RFC 6066 3: an address is no name.
    servername: isIP(host) ? '' : host,
  };
}

/** A legacy app may answer with more than Node reads unless told, e.g. a `Location` that repeats a long address. */
export const longestAnswerHead = 128 * 1024;
