/** The one place that writes an answer to a client. */
import { IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { BackendResponse } from '../backends/backend.ts';
import { carry } from '../backends/carry.ts';
import { sendHead } from '../backends/send-head.ts';
import { toClient } from '../edge/headers.ts';
import { ClientGone } from './exchange.ts';

/** Told of each piece of the answer that goes out, for a recording. */
export interface Listener {
  responseBody(chunk: Buffer): void;
}

/**
 * Writes a backend's answer and resolves when the client has it.
 * A body that breaks off in the middle breaks the client's connection too, so that it cannot pass for whole.
 * @throws ClientGone, or the body's error after the client's connection was closed
 */
export function respond(
  outgoing: ServerResponse,
  answer: BackendResponse,
  listener?: Listener,
): Promise<void> {
  const { body } = answer;
  return new Promise((resolve, reject) => {
    const stream = body instanceof Readable ? body : undefined;
    if (outgoing.destroyed) {
      stream?.destroy();
      reject(new ClientGone());
      return;
    }
    // It broke before anybody listened: nothing is sent yet, so the client gets a fault instead of a piece.
    if (stream?.errored) {
      reject(stream.errored);
      return;
    }
    outgoing.once('finish', resolve);
    outgoing.once('close', () => {
      if (outgoing.writableFinished) return;
      stream?.destroy();
      reject(new ClientGone());
    });
    try {
      outgoing.writeHead(answer.status, answer.reason, toClient(answer.rawHeaders));
    } catch (error) {
      // Node writes no header that it would not read, e.g. one with a control character in it.
      stream?.destroy();
      reject(error as Error);
      return;
    }
    const whole = wholeOf(body);
    if (whole) {
      if (whole.byteLength > 0) listener?.responseBody(Buffer.from(whole));
      endWith(outgoing, whole);
    } else if (stream) {
      stream.once('error', (error) => breakOff(outgoing, error, reject));
      pass(stream, outgoing, listener);
    }
  });
}

const nothing = new Uint8Array();

/** Bytes up to which a copy costs less than a second piece to write. */
const small = 4 * 1024;

/** Node joins a head to a body that is text, each character a byte, and writes them as one. */
function endWith(outgoing: ServerResponse, whole: Uint8Array): void {
  if (whole.byteLength === 0 || whole.byteLength > small) outgoing.end(whole);
  else
    outgoing.end(Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('latin1'), 'latin1');
}

/** A body that is all there, as most are by the time that their head is looked at: it needs no stream to be set going. */
function wholeOf(body: Readable | Uint8Array): Uint8Array | undefined {
  if (!(body instanceof Readable)) return body;
  if (!(body instanceof IncomingMessage && body.complete) || body.errored) return undefined;
  const whole: Buffer | null = body.read();
  // The connection is given back once the end was read, even of nothing.
  if (!whole) body.resume();
  return whole ?? nothing;
}

function pass(body: Readable, outgoing: ServerResponse, listener: Listener | undefined): void {
  if (listener) body.on('data', (chunk: Buffer) => listener.responseBody(chunk));
  carry(body, outgoing);
  // The head waits for the first piece of the body, to go out with it: a moment, or until there is one.
  if (body.readableLength === 0)
    setImmediate(() => {
      if (!body.readableDidRead && !outgoing.destroyed && !outgoing.writableEnded) sendHead(outgoing);
    });
}

/** RST instead of FIN: where the length is not known, as towards HTTP/1.0, a FIN would be the end of a whole answer. */
function breakOff(outgoing: ServerResponse, error: Error, reject: (error: Error) => void): void {
  reject(error);
  const { socket } = outgoing;
  if (socket && 'resetAndDestroy' in socket) socket.resetAndDestroy();
  else outgoing.destroy();
}
