/** `banyan import DIR`: the legacy app's files into the new backend's database, once or again. */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { BanyanError } from '../../errors.ts';
import type { FilesToImport, ImportReport } from '../../import.ts';
import { whenAskedToStop } from '../../terminal/stop-signal.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { findGateway, type GatewayClient, refusalOf } from '../gateway-client.ts';
import { importProgress } from '../import-progress.ts';
import type { Importing } from '../importing.ts';
import { reportLines } from '../report-lines.ts';

interface Options {
  dryRun: boolean;
  json: boolean;
}

const codes = { whole: exitCodes.ok, incomplete: exitCodes.incomplete, wrong: exitCodes.failed } as const;

export function importCommand(program: Command, context: CliContext, importing: Importing): void {
  const { summary, description, folder, more } = importing.words;
  program
    .command('import')
    .summary(summary)
    .description(description)
    .argument('<dir>', folder)
    .option('--dry-run', 'change nothing, say what would be done', false)
    .option('--json', 'print the whole report as JSON', false)
    .addHelpText('after', more)
    .action(async (dir: string, options: Options) => {
      const report = await runImport(context, importing, resolve(dir), options);
      if (options.json) context.print(JSON.stringify(report, null, 2));
      else for (const line of reportLines(importing.lines(report), context)) context.print(line);
      context.exitCode = codes[importing.outcome(report)];
    });
}

async function runImport(
  context: CliContext,
  importing: Importing,
  folder: string,
  { dryRun, json }: Options,
): Promise<ImportReport> {
  const { settings } = context;
  const stop = new AbortController();
  const undo = whenAskedToStop(() => stop.abort(new BanyanError('import_stopped')));
  const progress = importProgress(context, { counts: importing.counts, lines: !json });
  const files = { folder, dryRun, onProgress: progress.show, signal: stop.signal };
  try {
    // A server takes many processes, the embedded database one: if a gateway runs, that is the one.
    const gateway = settings.databaseUrl ? undefined : await findGateway(settings);
    return await (gateway ? throughGateway(gateway, files) : importing.directly(files, context.report));
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    progress.end();
    undo();
  }
}

async function throughGateway(gateway: GatewayClient, files: FilesToImport): Promise<ImportReport> {
  const { folder, dryRun, onProgress, signal } = files;
  for await (const line of gateway.lines('/import', { folder, dryRun }, signal)) {
    const { progress, report, failure } = (line ?? {}) as {
      progress?: Parameters<FilesToImport['onProgress']>[0];
      report?: ImportReport;
      failure?: unknown;
    };
    if (progress) onProgress(progress);
    if (report) return report;
    if (failure) throw refusalOf(failure, gateway.url);
  }
  throw new BanyanError('import_broken_off');
}
