/**
 * The answer to a journaled write that the client sees as it comes, such as server-sent events. Only its end waits for the
 * journal: a client that has seen the end has the answer of a write that is settled.
 */
import { Readable } from 'node:stream';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { BackendResponse } from '../../backends/backend.ts';
import { isEventStream, without } from '../answers/headers.ts';
import type { Names } from '../names/names.ts';
import { needsRewriting } from '../rewriting/exchanges.ts';

/** An answer whose body is on its way. */
export type Streaming = BackendResponse & { body: Readable };

export interface Ending {
  /**
   * The backend has sent all of it. The client gets the end once this resolves, and a broken connection where it rejects.
   * @param copy undefined where there was more than is kept
   */
  whole(copy: Uint8Array | undefined): Promise<void>;
  /** It broke off before. */
  broken(error: Error): Promise<void>;
}

/** Of an answer so much is kept for the journal, and read ahead of a slow client, in bytes. */
const largestCopy = 8 * 1024 * 1024;

/** Whether a client is to see a write's answer as it comes: nothing in it has to be known or exchanged before. */
export function isPassedOn(
  side: BackendName,
  route: Route,
  answer: BackendResponse,
  names: Names,
): answer is Streaming {
  const { status, rawHeaders, body } = answer;
  if (status < 200 || status >= 300 || !(body instanceof Readable)) return false;
  if (!route.streams && !isEventStream(rawHeaders)) return false;
  const namesSomething = route.ids.some(({ place, role }) => place.in === 'response' && role !== 'invented');
  return !namesSomething && !needsRewriting(side, route, names);
}

/**
 * The answer as the client gets it. The backend's is read to its end even where the client goes away, and at the backend's
 * pace while a slow client is not too far behind.
 */
export function passedOn(answer: Streaming, ending: Ending): BackendResponse {
  answer.deadline?.end();
  // With a length the client would take the last piece for the end.
  const rawHeaders = without(answer.rawHeaders, lengthName);
  const { status, reason, body } = answer;
  return { status, reason, rawHeaders, body: heldOpen(body, ending) };
}

const lengthName = new Set(['content-length']);

function heldOpen(body: Readable, ending: Ending): Readable {
  const copy = new Copy();
  let begin = () => {
    begin = () => {};
    body.on('data', take).once('end', () => void close(ending.whole(copy.bytes())));
    body.once('error', fail).once('close', () => body.readableEnded || fail(new Error('it broke off')));
    if (body.destroyed) fail(body.errored ?? new Error('it broke off'));
  };
  const shown = new Readable({
    read() {
      begin();
      body.resume();
    },
    destroy(error, done) {
      begin();
      body.resume();
      done(error);
    },
  });
  const take = (piece: Buffer) => {
    copy.add(piece);
    if (shown.destroyed || shown.push(piece)) return;
    if (shown.readableLength > largestCopy) body.pause();
  };
  let hasFailed = false;
  const fail = (error: Error) => {
    if (hasFailed) return;
    hasFailed = true;
    const broken = ending.broken(error).then(() => {
      throw error;
    });
    void close(broken);
  };
  const close = async (work: Promise<void>) => {
    try {
      await work;
      if (!shown.destroyed) shown.push(null);
    } catch (error) {
      shown.destroy(error as Error);
    }
  };
  // The reader sees the error. There may be no reader left, so it must not be thrown here.
  return shown.on('error', () => undefined);
}

class Copy {
  #pieces: Uint8Array[] = [];
  #length = 0;

  add(piece: Uint8Array): void {
    this.#length += piece.byteLength;
    if (this.#length > largestCopy) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  bytes(): Uint8Array | undefined {
    return this.#length > largestCopy ? undefined : Buffer.concat(this.#pieces);
  }
}
