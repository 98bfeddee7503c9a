/**
 * The journal's migrations, in order. A name is never changed once it has landed: databases remember it. The numbers have gaps
 * where these stood among an application's own migrations.
 */
import type { Migrations } from '@banyan/operations/db/migrate.ts';
import * as journal from './0005-journal.ts';
import * as journalProcedures from './0009-journal-procedures.ts';
import * as mirrorProcedures from './0010-mirror-procedures.ts';
import * as mirrorTogether from './0011-mirror-together.ts';
import * as duties from './0012-duties.ts';
import * as overtaken from './0013-overtaken.ts';
import * as knowledge from './0014-knowledge.ts';
import * as comparisons from './0015-comparisons.ts';
import * as incarnations from './0016-incarnations.ts';

export const migrations: Migrations = {
  '0005-journal': journal,
  '0009-journal-procedures': journalProcedures,
  '0010-mirror-procedures': mirrorProcedures,
  '0011-mirror-together': mirrorTogether,
  '0012-duties': duties,
  '0013-overtaken': overtaken,
  '0014-knowledge': knowledge,
  '0015-comparisons': comparisons,
  '0016-incarnations': incarnations,
};
