/** Where a backend is, in the words of Node's clients. */
import * as http from 'node:http';
import * as https from 'node:https';

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
  const { hostname, host, port, protocol } = new URL(url);
  return {
    client: protocol === 'https:' ? https : http,
    authority: host,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port || undefined,
    servername: hostname,
  };
}

/** A legacy app may answer with more than Node reads unless told, e.g. a `Location` that repeats a long address. */
export const longestAnswerHead = 128 * 1024;
