import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './support/places.ts';

const PINNED = 'a96039fc7aa0633b8106986732aef610846a498e252d1f7a39dad7a15ab9f5f1';

it('app.py is the file that everything else was measured against', async () => {
  const hash = createHash('sha256')
    .update(await readFile(join(root, 'legacy/app.py')))
    .digest('hex');
  expect(
    hash,
    'legacy/app.py has changed. It is the reference: recordings, evidence and the new backend are measured against its ' +
      'exact behaviour, and what runs in production cannot be changed from here. Restore the file.',
  ).toBe(PINNED);
});
