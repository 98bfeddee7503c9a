/** Continuity between two applications of authors, articles and comments. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { onTestFinished } from 'vitest';
import type { BackendRequest } from '../../backends/backend.ts';
import { inProcessBackend } from '../../backends/in-process/in-process-backend.ts';
import { silentLog } from '../../log.ts';
import { whole } from '../answers/whole-answer.ts';
import { openContinuity } from '../continuity.ts';
import { journalOf } from '../journal/tables.ts';
import type { ContinuityOptions } from '../options.ts';
import { pressApp, pressTable } from './press-app.ts';
import { emptyJournal } from './rig.ts';
import { answerOf } from './serve-app.ts';

async function bodyOf({ body }: BackendRequest): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Both backends are in this process. */
export async function startPress(db: AnyDatabase, patience?: ContinuityOptions['patience']) {
  await emptyJournal(db);
  const apps = { legacy: pressApp(), new: pressApp() };
  const folder = mkdtempSync(join(tmpdir(), 'continuity-press-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const backendOf = (name: BackendName) =>
    inProcessBackend(name, async (request) => {
      const { method, target, operation } = request;
      return answerOf(apps[name].handle(method, target, await bodyOf(request), operation));
    });
  const continuity = await openContinuity({
    table: pressTable,
    backends: { legacy: backendOf('legacy'), new: backendOf('new') },
    db: async () => journalOf(db),
    secretHeaders: new Set(['authorization', 'cookie']),
    voidOnNew: async () => 'void',
    folder,
    log: silentLog,
    mirror: { backOff: 5 },
    patience: { sync: 0, ...patience },
  });
  onTestFinished(() => continuity.close());
  await continuity.sync.looked();
  const match = createMatch(pressTable);
  return {
    ...apps,
    continuity,
    /** @returns the answer, and who served it */
    async ask(flagged: BackendName, method: string, target: string, json?: unknown) {
      const handled = await continuity.answer(
        {
          key: `${method} ${target}`,
          target: { raw: target, path: target, canonical: true },
          match: match(target),
          request: {
            method,
            target,
            rawHeaders: ['Host', 'press', ...(json ? ['Content-Type', 'application/json'] : [])],
            deadline: 5000,
            ...(json !== undefined && { body: Readable.from([Buffer.from(JSON.stringify(json))]) }),
          },
          flagged,
          mode: flagged,
          epoch: 1,
        },
        new AbortController().signal,
      );
      if (!handled.answer) throw handled.error;
      const { status, body } = await whole(flagged, handled.answer);
      return { status, by: handled.backend, json: JSON.parse(Buffer.from(body).toString()) as never };
    },
  };
}
