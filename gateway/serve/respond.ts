/** The one place that writes an answer to a client. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { BackendResponse } from '../backends/backend.ts';
import { toClient } from '../edge/headers.ts';

/** Told of each piece of the answer that goes out, for a recording. */
export interface Listener {
  responseBody(chunk: Buffer): void;
}

/**
 * Writes a backend's answer and resolves when the client has it.
 * A body that breaks off in the middle breaks the client's connection too, so that it cannot pass for whole.
 * @throws the body's error, after the client's connection was closed
 */
export function respond(
  outgoing: ServerResponse,
  answer: BackendResponse,
  listener?: Listener,
): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.writeHead(answer.status, answer.reason, toClient(answer.rawHeaders));
    outgoing.once('finish', resolve);
    const { body } = answer;
    if (!(body instanceof Readable)) {
      if (body.byteLength > 0) listener?.responseBody(Buffer.from(body));
      outgoing.end(body);
      return;
    }
    if (listener) body.on('data', (chunk: Buffer) => listener.responseBody(chunk));
    body.once('error', (error) => {
      outgoing.destroy();
      reject(error);
    });
    outgoing.once('close', () => {
      if (outgoing.writableFinished) return;
      body.destroy();
      reject(new Error('The client went away'));
    });
    body.pipe(outgoing);
  });
}
