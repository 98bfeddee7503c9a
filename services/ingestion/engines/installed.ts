/** Which engine reads PDFs here: an image may lack the one that is asked for, which is under the AGPL. */
import { findPackageJSON } from 'node:module';
import { OptionalMissingError } from '../../optional/load.ts';
import { hasPdfParse } from '../../optional/pdf-parse.ts';
import type { Log } from '../../queue/log.ts';
import type { EngineName } from './index.ts';

/** Which of them could be loaded. */
export type Installed = Record<EngineName, boolean>;

const lost = {
  'pdf-parse':
    'mupdf is not installed (AGPL 3.0), so pdf-parse reads PDFs: text and tables of a new upload may differ from what the ' +
    'legacy app makes of it. `npm install mupdf` brings mupdf back.',
  none:
    'No PDF engine is installed, so every upload that `new` serves fails. Run `npm run optional` for pdf-parse, or ' +
    '`npm install mupdf` (AGPL 3.0), then start again.',
};

/**
 * The engine to read with, having told the log what is lost where that is not the one that was asked for.
 * @throws OptionalMissingError where pdf-parse is asked for by name and missing
 */
export function installedEngine(
  wanted: EngineName,
  log: Pick<Log, 'warn'>,
  installed: Installed = { mupdf: hasMupdf(), 'pdf-parse': hasPdfParse() },
): EngineName {
  if (installed[wanted]) return wanted;
  if (wanted === 'pdf-parse') throw new OptionalMissingError('pdf-parse', 'PDF_ENGINE=pdf-parse');
  log.warn({ engine: wanted }, installed['pdf-parse'] ? lost['pdf-parse'] : lost.none);
  return installed['pdf-parse'] ? 'pdf-parse' : wanted;
}

function hasMupdf(): boolean {
  try {
    return findPackageJSON('mupdf', import.meta.url) !== undefined;
  } catch {
    return false;
  }
}
