/** Connections to a backend over HTTP. */
import * as http from 'node:http';
import * as https from 'node:https';
import { Socket, type SocketConstructorOpts, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressOf } from './address.ts';

export interface AgentOptions {
  /** Origin of the backend. */
  url: string;
  /** How long an unused connection is kept, in milliseconds; 0: not at all. */
  idle?: number;
}

/** `kept`: connections that are used again. `unkept`: one for each request. */
export function createAgents({ url, idle = 1500 }: AgentOptions): { kept: http.Agent; unkept: http.Agent } {
  // The timeout closes connections that are not in use; those in use have the request's deadline.
  const keeping = { keepAlive: idle > 0, scheduling: 'lifo' as const, timeout: idle };
  if (!url.startsWith('https:')) {
    const kept = heedful(new http.Agent(keeping), idle);
    return { kept: listening(kept), unkept: listening(new http.Agent()) };
  }
  // Node would hold the certificate to the name in the client's Host header.
  const { servername } = addressOf(url);
  const kept = heedful(new https.Agent({ ...keeping, servername }), idle);
  return { kept, unkept: new https.Agent({ servername }) };
}

/** Of each connection that was put away, how much had come on it by then. */
const readBefore = new WeakMap<object, number>();

/** Whether a request went out on a connection that the backend was closing: it had been used before, and nothing came. */
export function wasClosedUnanswered(
  { reusedSocket, socket }: http.ClientRequest,
  error: Error & { code?: unknown },
): boolean {
  return (
    reusedSocket && closed.has(String(error.code)) && socket?.bytesRead === readBefore.get(socket as Socket)
  );
}

/** Node heeds `Keep-Alive: timeout=N`, less a second, if that comes first in the header and nothing else matters. */
function heedful(agent: http.Agent, idle: number): http.Agent {
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean;
  return Object.assign(agent, {
    keepSocketAlive(socket: Socket & { _httpMessage?: { res?: http.IncomingMessage } }): boolean {
      readBefore.set(socket, socket.bytesRead);
      const hint = socket._httpMessage?.res?.headers['keep-alive'];
      const longest = typeof hint === 'string' ? announced(hint) : idle;
      if (longest <= 0 || !keep(socket)) return false;
      if (longest < idle) socket.setTimeout(longest);
      return true;
    },
  });
}

/** How long a backend says that it keeps a connection, less a second for what is on its way, in milliseconds. */
function announced(hint: string): number {
  if (/(?:^|[,;\s])max\s*=\s*"?0+(?!\d)/i.test(hint)) return 0;
  const seconds = /(?:^|[,;\s])timeout\s*=\s*"?(\d+)/i.exec(hint)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000 - 1000;
}

const listening = (agent: http.Agent): http.Agent =>
  Object.assign(agent, {
    // All connections go to one host: no need to put its address together for each request, to find them by.
    getName: () => '',
    createConnection: (to: TcpNetConnectOpts) =>
      new ListeningSocket({ ...to, onread } as SocketConstructorOpts).connect(to),
  });

/** Closes the connections that are not in use; those that are get closed after their answer. */
export function closeIdle(agent: http.Agent): void {
  Object.assign(agent, { keepAlive: false });
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

/**
 * All connections read into one buffer, one after the other: Node's parser, which listens, makes a copy of each piece of a
 * body before it returns. A buffer for each read would make V8 look for garbage all the time (`../carry.ts`).
 */
const onread = {
  buffer: Buffer.allocUnsafeSlow(64 * 1024),
  callback(this: Socket, bytes: number, buffer: Uint8Array): boolean {
    const read = (buffer as Buffer).subarray(0, bytes);
    // What nobody takes at once has to be kept.
    if (!this.readableFlowing || this.readableLength > 0) return this.push(Buffer.from(read));
    this.emit('data', read);
    return true;
  },
};

type Done = (error?: Error | null) => void;

/**
 * Goes on reading where a write fails: a backend may answer to a head alone and close while an upload is still coming,
 * and Node would throw away the answer that is there to be read (RFC 9112 9.6). Where there is none, reading says so.
 */
class ListeningSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    super._write(chunk, encoding, unlessClosed(done));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    super._writev?.(chunks, unlessClosed(done));
  }
}

const closed = new Set(['EPIPE', 'ECONNRESET']);

const unlessClosed =
  (done: Done): Done =>
  (error) =>
    done(error && 'code' in error && closed.has(String(error.code)) ? undefined : error);
