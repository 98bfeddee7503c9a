/** `npm run architecture:docs`: writes the import table into docs/architecture.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPicture } from './picture.ts';

const page = join(import.meta.dirname, '../../docs/architecture.md');
writeFileSync(page, withPicture(readFileSync(page, 'utf8')));
