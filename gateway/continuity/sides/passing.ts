/** The answer to a client's read on its way to the client, in public ids and times. */
import type { Readable } from 'node:stream';
import { codingsOf } from '@banyan/compare/codings.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { BackendResponse } from '../../backends/backend.ts';
import { faultOf } from '../../backends/faults.ts';
import { BanyanError } from '../../errors.ts';
import { isEventStream, isJson, withoutDigests, withoutForm } from '../answers/headers.ts';
import { isUsual, whyUnreadable } from '../answers/unreadable.ts';
import { readable, whole } from '../answers/whole-answer.ts';
import { wideFormOf } from '../answers/wide.ts';
import type { Names } from '../names/names.ts';
import { canBeStreamed, exchangesOf, keepsLength, needsRewriting } from '../rewriting/exchanges.ts';
import { publicStream } from '../rewriting/stream-public-answer.ts';
import { shown } from './shown.ts';

export interface Reading {
  side: BackendName;
  route: Route;
  method: string;
  /** Aborted where the client goes away. */
  signal: AbortSignal;
}

/**
 * The answer as it comes, where it can be rewritten while it comes or has nothing to be rewritten; otherwise once all of it is
 * there. The deadline runs until a client can see something of it.
 * @throws BanyanError `answer_unreadable` or `answer_broken_off` where it may have ids in it and cannot be read;
 * those of the backend where it breaks off or comes too late before that
 */
export async function passing(
  answer: BackendResponse,
  reading: Reading,
  names: Names,
): Promise<BackendResponse> {
  const { side, route, method, signal } = reading;
  const { body, rawHeaders, deadline } = answer;
  if (!needsRewriting(side, route, names)) {
    deadline?.end();
    return answer;
  }
  if (method === 'HEAD') return headOnly(answer, keepsLength(side, route, names));
  const allOfIt = async () => shown(side, route, await readable(await whole(side, answer, signal)), names);
  if (body instanceof Uint8Array) return allOfIt();
  if (isEventStream(rawHeaders) || !isUsual(answer)) {
    body.destroy();
    throw new BanyanError('answer_unreadable', { backend: side, reason: whyUnreadable(answer) });
  }
  const mayStream = isJson(rawHeaders) && canBeStreamed(side, route, names);
  if (!mayStream || !(await beginsAsUtf8(body))) return allOfIt();
  const stream = publicStream(body, exchangesOf(side, route, names));
  // Where the beginning shows that it cannot be read, the client has seen nothing yet.
  await ready(stream).catch((error: Error) => {
    throw signal.aborted ? signal.reason : faultOf(error, side);
  });
  deadline?.end();
  return { ...answer, rawHeaders: withoutDigests(rawHeaders), body: stream };
}

/** An answer to HEAD has no body to be read; its headers are those of the answer that GET would get. */
function headOnly(answer: BackendResponse, keepsLength: boolean): BackendResponse {
  answer.deadline?.end();
  const isAlike = keepsLength && codingsOf(answer.rawHeaders).length === 0;
  return { ...answer, rawHeaders: (isAlike ? withoutDigests : withoutForm)(answer.rawHeaders) };
}

/** Looks at the first bytes and puts them back. A stream that fails is left to its reader. */
async function beginsAsUtf8(body: Readable): Promise<boolean> {
  await ready(body).catch(() => undefined);
  const first = body.errored ? null : (body.read() as Buffer | null);
  if (!first) return true;
  body.unshift(first);
  return wideFormOf(first) === undefined;
}

/** Resolves when there is something to read, or the end. @throws the stream's error */
function ready(stream: Readable): Promise<void> {
  if (stream.errored) return Promise.reject(stream.errored);
  if (stream.readableLength > 0 || stream.readableEnded) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      stream.off('readable', settle).off('error', settle).off('close', settle);
      if (error) reject(error);
      else resolve();
    };
    stream.on('readable', settle).on('error', settle).on('close', settle);
  });
}
