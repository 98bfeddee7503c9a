import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

/** What takes longest, the longest first: begun last, one of them would run on alone at the end. */
const longest = [
  'contract-tests/proof.test.ts',
  'tools/launch/start.test.ts',
  'services/worker/uploads.test.ts',
  'services/ingestion/child/ingest.test.ts',
  'tools/setup/python.test.ts',
  'web/chat/chat.test.ts',
  'migrations/import/again.test.ts',
  'gateway/continuity/journal/migrations/migrate.test.ts',
  'migrations/import/real-legacy.test.ts',
  'legacy/test/faults.test.ts',
  'services/documents/upload.test.ts',
  'services/worker/crashes/crashes.test.ts',
  'migrations/migrate.test.ts',
  'tests/continuity/flask.test.ts',
  'services/rag/parity/retrieval.test.ts',
  'tests/gateway/flips.test.ts',
  'tests/cli.test.ts',
  'services/worker/bad-pdfs.test.ts',
  'tests/import-command.test.ts',
  'contract-tests/run.test.ts',
  'gateway/continuity/mirror/replay/tails.test.ts',
  'contract-tests/mutants/mutants.test.ts',
  'tools/image/image.test.ts',
  'contract-tests/mutants/continuity/sample.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]) {
    const place = ({ moduleId }: { moduleId: string }) => {
      const found = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
      return found < 0 ? longest.length : found;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.banyan/**'],
    globalSetup: ['operations/db/testing/shared-postgres.ts'],
    sequence: { sequencer: LongestFirst },
    // PGlite is new in most files, and over before code that V8 has made better would have paid.
    execArgv: ['--liftoff-only'],
    // Real servers and processes: most files wait half of their time, so two cores carry three at once. With four, uploads that have been made to give way starve.
    maxWorkers: 3,
    // A bound for what hangs, not a measure: other programs may have most of the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
