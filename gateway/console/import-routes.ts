/**
 * The import on the console: `POST /import` `{folder, dryRun}`. Its answer is a line of JSON now and then, `{"progress"}`, and
 * at last one with `{"report"}` or `{"failure"}`. Whoever goes away stops it.
 */
import { isAbsolute } from 'node:path';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Application } from '../application.ts';
import { BanyanError } from '../errors.ts';
import type { ImportProgress } from '../import.ts';

const asked = z.strictObject({ folder: z.string().refine(isAbsolute), dryRun: z.boolean().default(false) });
/** Milliseconds between two lines of progress. */
const pace = 100;

/** To be mounted behind the console's token. */
export function importRoutes(
  importFiles: NonNullable<Application['importFiles']>,
  log: Pick<Logger, 'error'>,
): Hono {
  return new Hono().post('/import', async (c) => {
    const parsed = asked.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success)
      throw new BanyanError('console_request', { reason: 'it needs `folder`, an absolute path' });
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      const gone = new AbortController();
      out.onAbort(() => gone.abort());
      const say = (line: object) => out.write(`${JSON.stringify(line)}\n`);
      let said = 0;
      const onProgress = (progress: ImportProgress) => {
        if (performance.now() - said < pace) return;
        said = performance.now();
        void say({ progress });
      };
      const last = await importFiles({ ...parsed.data, onProgress, signal: gone.signal }).then(
        (report) => ({ report }),
        (error: unknown) => ({ failure: failureOf(error, log) }),
      );
      await say(last);
    });
  });
}

function failureOf(error: unknown, log: Pick<Logger, 'error'>): object {
  const known = error instanceof BanyanError ? error : new BanyanError('gateway_fault');
  if (known !== error) log.error({ err: error }, 'the import failed');
  return { ...known.toBody(), do: known.advice };
}
