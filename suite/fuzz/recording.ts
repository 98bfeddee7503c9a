/** Writes exchanges as a recording, by the recorder that writes what passes through the gateway. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@banyan/gateway/log.ts';
import { createRecorder } from '@banyan/gateway/record/recorder.ts';
import type { Request } from '../replay/send.ts';
import type { PlayedExchange } from './play/conversation.ts';

/** @returns the file; one of that name is replaced. The answers are the left side's. */
export async function writeRecording(
  folder: string,
  name: string,
  exchanges: readonly PlayedExchange[],
): Promise<string> {
  const spool = await mkdtemp(join(tmpdir(), 'banyan-fuzz-'));
  const recorder = createRecorder({ folder, spool, clock: Date, log: silentLog });
  try {
    await recorder.start(name, { force: true });
    for (const { request, route, left } of exchanges) {
      const { method, target, body } = request;
      const rawHeaders = [...request.rawHeaders, ...lengthOf(request)];
      const tap = recorder.begin({ method, target, httpVersion: '1.1', rawHeaders, routeKey: route });
      if (body?.length) tap.requestBody(body);
      tap.requestEnd();
      const { status, reason } = left;
      tap.response({ status, reason, rawHeaders: left.rawHeaders, backend: 'legacy' });
      if (left.body.length > 0) tap.responseBody(left.body);
      tap.end();
    }
    return (await recorder.stop()).file;
  } finally {
    await recorder.close();
    await rm(spool, { recursive: true, force: true });
  }
}

/** As the client of a gateway would have sent it: a replay tells a body that is empty from none by it. */
function lengthOf({ rawHeaders, body }: Request): string[] {
  const framed = rawHeaders.some(
    (each, i) => i % 2 === 0 && /^(?:transfer-encoding|content-length)$/i.test(each),
  );
  return body && !framed ? ['Content-Length', String(body.length)] : [];
}
