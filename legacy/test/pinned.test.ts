import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './support/places.ts';

const PINNED = '99195ce62d60a2036fe7bf6e618e953b2089510a73cc128dc74a2131ffa321c9';

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
