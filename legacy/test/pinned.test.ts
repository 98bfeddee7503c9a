import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './support/places.ts';

const PINNED = '0c3652deb389fe3f13455a0ee73f7f60a902f565e0d13ffc4d3854a1d5d9d201';

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
