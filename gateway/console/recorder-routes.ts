/**
 * The recorder on the console: `GET /record` is its status, `POST /record` `{name, force?}` starts, `POST /record/stop`
 * begins to stop. Stopping waits for exchanges in flight, so the status says when it is over.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { BanyanError } from '../errors.ts';
import type { Recorder } from '../record/recorder.ts';
import { checked } from './checked.ts';

const start = z.strictObject({ name: z.string(), force: z.boolean().default(false) });

/** To be mounted behind the console's token. */
export function recorderRoutes(recorder: Recorder): Hono {
  return new Hono()
    .get('/record', (c) => c.json(recorder.status()))
    .post('/record', async (c) => {
      const { name, force } = checked(start, await c.req.json().catch(() => undefined));
      return c.json(await recorder.start(name, { force }));
    })
    .post('/record/stop', (c) => {
      if (recorder.status().state !== 'recording') throw new BanyanError('recording_none');
      // What goes wrong from here on is in the status and in the log.
      recorder.stop().catch(() => {});
      return c.json(recorder.status(), 202);
    });
}
