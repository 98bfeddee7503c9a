import type { Application } from './application.ts';
import type { JournalChoice } from './continuity/bound.ts';

/** What decides whether a journal is kept for an application. */
export const journalChoice = (
  setting: 'on' | 'off',
  { table, continuity }: Pick<Application, 'table' | 'continuity'>,
): JournalChoice => ({ setting, canKeep: continuity !== undefined, table });
