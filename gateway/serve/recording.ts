/** Lets a recording see an exchange on its way through. */
import { type Readable, Transform } from 'node:stream';
import { hasBody } from '../edge/framing.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ExchangeTap } from '../record/tap.ts';
import type { Exchange } from './exchange.ts';

export function beginRecording(recorder: Recorder, { incoming, target, row }: Exchange): ExchangeTap {
  const tap = recorder.begin({
    method: incoming.method ?? 'GET',
    target: target.raw,
    httpVersion: incoming.httpVersion,
    rawHeaders: incoming.rawHeaders,
    routeKey: row.key,
  });
  if (!hasBody(incoming)) tap.requestEnd();
  return tap;
}

/** The same body, seen by the recording as it flows; a listener on the request itself would set it flowing too early. */
export function tappedBody(body: Readable, tap: ExchangeTap): Readable {
  const tapped = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      tap.requestBody(chunk);
      done(null, chunk);
    },
    flush(done) {
      tap.requestEnd();
      done();
    },
  });
  body.once('error', (error) => tapped.destroy(error));
  return body.pipe(tapped);
}
