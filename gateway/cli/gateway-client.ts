/** How a command talks to a running gateway: over the console port, with its token. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { consoleNote, reachable } from '../console/console.ts';
import { readToken } from '../console/token.ts';
import { BanyanError } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { GatewayRefusal } from './failure.ts';

/** Milliseconds. A flip answers once it is in force; the first one to the new backend makes its database before. */
const PATIENCE = 60_000;

export interface GatewayClient {
  /** The console's address. */
  url: string;
  /**
   * @param path under `/api`, e.g. `/status`
   * @throws GatewayRefusal with the gateway's own words; BanyanError where it does not answer or is not a gateway
   */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  /**
   * Posts, and gives the answer line by line, each line JSON, for as long as it takes.
   * @throws as `get`, also in the middle
   */
  lines(path: string, body: object, signal: AbortSignal): AsyncGenerator<unknown>;
}

/**
 * The running gateway of these settings; undefined where none runs.
 * @throws BanyanError where something is there that does not answer as a console does
 */
export async function findGateway(settings: Settings): Promise<GatewayClient | undefined> {
  const { host, port } = settings.console;
  // The note of a gateway with this data folder knows better than this shell's variables; it may be of one that crashed.
  for (const url of new Set([await notedUrl(settings.dataFolder), `http://${reachable(host)}:${port}`]))
    if (url !== undefined && (await isLive(url))) return createClient(url, settings);
  return undefined;
}

async function notedUrl(dataFolder: string): Promise<string | undefined> {
  const text = await readFile(consoleNote(dataFolder), 'utf8').catch(() => 'null');
  return z.object({ url: z.string() }).safeParse(parse(text)).data?.url;
}

async function isLive(url: string): Promise<boolean> {
  const response = await send(`${url}/livez`, {}).catch((error: unknown) => {
    if (isRefused(error)) return undefined;
    throw new BanyanError('console_silent', { url, reason: reasonOf(error) }, error);
  });
  if (response === undefined) return false;
  if (response.status !== 200 || (await response.text()) !== 'live\n')
    throw new BanyanError('console_foreign', { url });
  return true;
}

async function createClient(url: string, settings: Settings): Promise<GatewayClient> {
  const token = settings.console.token ?? (await readToken(settings.dataFolder)) ?? '';
  const ask = async <T>(path: string, init: RequestInit): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await send(`${url}/api${path}`, { ...init, headers }).catch((error: unknown) => {
      throw new BanyanError('console_silent', { url, reason: reasonOf(error) }, error);
    });
    const body = parse(await response.text());
    if (response.ok) return body as T;
    throw refusalOf(body, url);
  };
  return {
    url,
    async *lines(path, body, signal) {
      const response = await fetch(`${url}/api${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        redirect: 'error',
        signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      if (!response.ok || !response.body) throw refusalOf(parse(await response.text()), url);
      let rest = '';
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield parse(line);
      }
    },
    get: (path) => ask(path, {}),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  };
}

/** What a gateway says when it does not do it. */
export function refusalOf(body: unknown, url: string): GatewayRefusal | BanyanError {
  const refusal = z
    .object({ error: z.string(), code: z.string(), do: z.string().optional() })
    .safeParse(body);
  return refusal.success ? new GatewayRefusal(refusal.data) : new BanyanError('console_foreign', { url });
}

const send = (url: string, init: RequestInit) =>
  fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const causeOf = (error: unknown) => (error as { cause?: { code?: string; message?: string } }).cause;
const isRefused = (error: unknown) => causeOf(error)?.code === 'ECONNREFUSED';
const reasonOf = (error: unknown) => causeOf(error)?.message ?? (error as Error).message;
