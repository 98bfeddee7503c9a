/** The notes, as the suite's commands are told of them: `--application examples/notes/application.ts`. */
import { join } from 'node:path';
import type { TestedApplication } from '@banyan/suite/application.ts';
import { Started } from '@banyan/suite/fresh/backends.ts';
import { nastyText } from '@banyan/suite/fuzz/draw/text.ts';
import { mark } from '@banyan/suite/fuzz/drawn.ts';
import type { Grammar } from '@banyan/suite/fuzz/grammar.ts';
import fc from 'fast-check';
import { startNotesApp } from './app.ts';
import { notesTable } from './table.ts';

export const notesGrammar: Grammar = {
  weights: { 'POST /notes': 3, 'POST /notes/:id/link': 3 },
  fields: {
    'POST /notes': { text: nastyText },
    'POST /notes/:id/link': { to: fc.constantFrom(mark('note', 0), mark('note', 1), 'nobody') },
  },
};

export default {
  table: notesTable,
  recordings: join(import.meta.dirname, 'recordings'),
  grammar: notesGrammar,
  // One program stands for both backends: what is shown is the suite, not a migration.
  async freshBackends() {
    const started = new Started();
    const start = () => started.begin(() => startNotesApp());
    return { startLegacy: start, startNew: start, close: () => started.close() };
  },
} satisfies TestedApplication;
