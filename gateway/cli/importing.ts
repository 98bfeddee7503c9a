import type { FilesToImport, ImportReport } from '../import.ts';
import type { ReportLine } from './report-lines.ts';

/** What an application says and does for `banyan import`. */
export interface Importing<Report extends ImportReport = ImportReport> {
  /** For `--help`: in a line, in a sentence, what the argument is, and how it is used. */
  words: { summary: string; description: string; folder: string; more: string };
  /** What its progress counts: `chats`. */
  counts: string;
  /**
   * Imports into a database that no gateway has open.
   * @param report tells the person at the terminal what takes time
   * @throws BanyanError `import_refused`
   */
  directly(files: FilesToImport, report: (line: string) => void): Promise<Report>;
  lines(report: Report): ReportLine[];
  /** `wrong`: what is in the database is not what was read. `incomplete`: something stayed behind. */
  outcome(report: Report): 'whole' | 'incomplete' | 'wrong';
}
