/** What a flip would do: `GET /preview?target=&mode=&now=&force=&yes=`, for the command line's `--dry-run` and the page. */
import { Hono } from 'hono';
import { z } from 'zod';
import { isMode } from '../continuity/protocol/modes.ts';
import { BanyanError } from '../errors.ts';
import { unknownMode } from '../flags/unknown-mode.ts';
import type { Ground } from '../preview/finding.ts';
import { type Preview, previewOf } from '../preview/preview.ts';
import { checked } from './checked.ts';

const said = z
  .enum(['true', 'false'])
  .default('false')
  .transform((word) => word === 'true');
const asked = z.strictObject({
  target: z.string().trim().min(1).max(1000).optional(),
  mode: z.string().default('legacy'),
  now: said,
  force: said,
  yes: said,
});

/** To be mounted behind the console's token. @param ground looked at anew for each question */
export function previewRoutes(ground: () => Ground): Hono {
  return new Hono().get('/preview', async (c) => {
    const { target, mode, now, force, yes } = checked(asked, c.req.query());
    if (!isMode(mode)) throw new BanyanError('unknown_mode', { reason: unknownMode(mode) });
    return c.json<Preview>(await previewOf({ target, mode, now, force, yes }, ground()));
  });
}
