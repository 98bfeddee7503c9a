import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db } from '../../../services/db/transaction.ts';
import { python } from '../../../tools/setup/testing/places.ts';
import { type ImportOptions, importLegacy } from '../import.ts';
import type { ImportReport } from '../report.ts';

/** Imports with what most tests want: everything kept, a work folder of its own. */
export async function runImport(
  folder: string,
  db: Db | undefined,
  change: Partial<ImportOptions> = {},
): Promise<ImportReport> {
  const parent = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    return await importLegacy({
      folder,
      db,
      workFolder: join(parent, 'work'),
      python: async () => python,
      keep: { deletedPdfs: true, deletedChats: true },
      dryRun: false,
      ...change,
    });
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** `kind about`, sorted: what a report remarks on. */
export const remarks = ({ notes }: ImportReport): string[] =>
  notes.map(({ kind, about }) => `${kind} ${about}`).sort();
