import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.banyan/**'],
    globalSetup: ['operations/db/testing/shared-postgres.ts'],
    // Real servers and processes: two cores carry two files at once.
    maxWorkers: 2,
    // A bound for what hangs, not a measure: other programs may have most of the machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
