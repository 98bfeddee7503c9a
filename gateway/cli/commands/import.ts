/** `banyan import DIR`: the legacy app's files into the new backend's database, once or again. */

import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ImportOptions } from '../../../migrations/import/import.ts';
import { type ImportReport, leftOut } from '../../../migrations/import/report.ts';
import { parseRetiredQuirks } from '../../../services/quirks.ts';
import { ensurePython } from '../../../tools/setup/python.ts';
import { databasePlace } from '../../database-place.ts';
import { BanyanError } from '../../errors.ts';
import { asRefusal } from '../../import-refusal.ts';
import type { Settings } from '../../settings.ts';
import { whenAskedToStop } from '../../terminal/stop-signal.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { findGateway, type GatewayClient, refusalOf } from '../gateway-client.ts';
import { importProgress } from '../import-progress.ts';
import { importReportLines } from '../import-report.ts';

const examples = `
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
  banyan import /srv/chatbot --json > report.json`;

interface Options {
  dryRun: boolean;
  json: boolean;
}

export function importCommand(program: Command, context: CliContext): void {
  program
    .command('import')
    .summary("bring the legacy app's chats and documents into the new backend")
    .description(
      "Imports the legacy app's files into the new backend's database, and checks that they are there.",
    )
    .argument('<dir>', "the legacy app's working directory")
    .option('--dry-run', 'change nothing, say what would be done', false)
    .option('--json', 'print the whole report as JSON', false)
    .addHelpText('after', examples)
    .action(async (dir: string, options: Options) => {
      const report = await runImport(context, resolve(dir), options);
      if (options.json) context.print(JSON.stringify(report, null, 2));
      else for (const line of importReportLines(report, context)) context.print(line);
      if (report.verified && report.verified.faults.length > 0) context.exitCode = exitCodes.failed;
      else if (leftOut(report)) context.exitCode = exitCodes.incomplete;
    });
}

async function runImport(
  context: CliContext,
  folder: string,
  { dryRun, json }: Options,
): Promise<ImportReport> {
  const { settings } = context;
  const stop = new AbortController();
  const undo = whenAskedToStop(() => stop.abort(new BanyanError('import_stopped')));
  const progress = importProgress(context, !json);
  const files = { folder, dryRun, onProgress: progress.show, signal: stop.signal };
  try {
    // A server takes many processes, the embedded database one: if a gateway runs, that is the one.
    const gateway = settings.databaseUrl ? undefined : await findGateway(settings);
    return await (gateway ? throughGateway(gateway, files) : directly(settings, files, context));
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    progress.end();
    undo();
  }
}

type Files = Required<Pick<ImportOptions, 'folder' | 'dryRun' | 'onProgress'>> & { signal: AbortSignal };

async function directly(settings: Settings, files: Files, context: CliContext): Promise<ImportReport> {
  const { importInto } = await import('../../../migrations/import/import-into.ts');
  const quirks = parseRetiredQuirks(settings.quirksRetired);
  return importInto(databasePlace(settings), {
    ...files,
    workFolder: join(settings.dataFolder, 'import'),
    python: () => legacyPython(settings, context),
    keep: {
      deletedPdfs: quirks['deleted-pdf-still-retrieved'],
      deletedChats: quirks['deleted-chat-lingers'],
    },
  }).catch(asRefusal);
}

/** Installed where it is missing: nothing else reads what Chroma has written. */
const legacyPython = (settings: Settings, { report }: CliContext): Promise<string> =>
  ensurePython({
    root: dirname(dirname(dirname(import.meta.dirname))),
    setupFolder: settings.setupFolder,
    logFile: join(settings.dataFolder, 'logs/setup.log'),
    report,
    env: process.env,
  });

async function throughGateway(gateway: GatewayClient, files: Files): Promise<ImportReport> {
  const { folder, dryRun, onProgress, signal } = files;
  for await (const line of gateway.lines('/import', { folder, dryRun }, signal)) {
    const { progress, report, failure } = (line ?? {}) as {
      progress?: Parameters<Files['onProgress']>[0];
      report?: ImportReport;
      failure?: unknown;
    };
    if (progress) onProgress(progress);
    if (report) return report;
    if (failure) throw refusalOf(failure, gateway.url);
  }
  throw new BanyanError('import_broken_off');
}
