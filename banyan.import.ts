/** `banyan import` for the chatbot: the command's texts, and the import of legacy's files. */
import { join } from 'node:path';
import type { Importing } from '@banyan/gateway/cli/importing.ts';
import { databasePlace } from '@banyan/gateway/database-place.ts';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { UnfitDatabaseError } from '@banyan/operations/db/errors.ts';
import type { BanyanSettings } from './banyan.settings.ts';
import { ImportError } from './migrations/import/import-error.ts';
import { type ImportReport, leftOut } from './migrations/import/report.ts';
import { importReportLines } from './migrations/import/report-lines.ts';
import type { Keep } from './migrations/import/source/chats.ts';
import { parseRetiredQuirks } from './services/quirks.ts';

const words = {
  summary: "bring the legacy app's chats and documents into the new backend",
  description:
    "Imports the legacy app's files into the new backend's database, and checks that they are there.",
  folder: "the legacy app's working directory",
  more: `
DIR is the legacy app's working directory, with chat_history.json, memory_*.json and chroma_db; under \`npm start\` it is
\`legacy\` in the data folder. The app may be running: its files are only read. It goes into DATABASE_URL, or into the embedded
database; if a gateway runs that has it open, through that gateway. It can be stopped and repeated: what is there stays, what
legacy has changed since is brought up to date, and nothing that was changed in the new backend is overwritten.
docs/import.md says what is read, what is not, and why.

Exits with 0: all of it came over; 3: something did not, and the report says what and why; 1: it failed, or what is in the
database is not what was read.

Examples:
  banyan import .banyan/legacy --dry-run     what would come over, and what would not
  banyan import .banyan/legacy
  banyan import /srv/chatbot --json > report.json`,
};

export interface ImportingOptions {
  settings(): BanyanSettings;
  /** The interpreter of the legacy app's environment; makes the environment if it is missing. Only Chroma itself reads Chroma's files. */
  python(settings: BanyanSettings, report: (line: string) => void): Promise<string>;
}

export function importing({ settings: read, python }: ImportingOptions): Importing<ImportReport> {
  return {
    words,
    counts: 'chats',
    async directly(files, report) {
      const settings = read();
      const { importInto } = await import('./migrations/import/import-into.ts');
      return importInto(databasePlace(settings), {
        ...files,
        ...importPlace(settings),
        python: () => python(settings, report),
      }).catch(asRefusal);
    },
    lines: importReportLines,
    outcome(report) {
      if (report.verified && report.verified.faults.length > 0) return 'wrong';
      return leftOut(report) ? 'incomplete' : 'whole';
    },
  };
}

/** Where an import works, and what of the quirks it brings over. */
export function importPlace(settings: BanyanSettings): { workFolder: string; keep: Keep } {
  const quirks = parseRetiredQuirks(settings.quirksRetired);
  return {
    workFolder: join(settings.dataFolder, 'import'),
    keep: {
      deletedPdfs: quirks['deleted-pdf-still-retrieved'],
      deletedChats: quirks['deleted-chat-lingers'],
    },
  };
}

/** Throws the error of an import: `import_refused` if the files or the database are at fault, else the error itself. */
export function asRefusal(error: unknown): never {
  if (error instanceof ImportError)
    throw new BanyanError('import_refused', { reason: error.message, advice: error.advice }, error);
  // These say what to do themselves.
  if (error instanceof UnfitDatabaseError)
    throw new BanyanError('import_refused', { reason: error.message, advice: '' }, error);
  throw error;
}
