/** `npm run parity`: how near the PDF engines come to the legacy app, on the corpus or on files of one's own. */
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { Argument, InvalidArgumentError, Option } from 'commander';
import { readSettings } from '../../banyan.settings.ts';
import { type EngineName, engineNames } from '../../services/ingestion/engines/index.ts';
import { measureParity } from '../../services/ingestion/parity/run.ts';
import { npmCommand } from '../setup/options.ts';

const root = dirname(dirname(import.meta.dirname));

interface ParityFlags {
  engine?: EngineName;
  pages?: boolean;
  classes?: number;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It has to be a number from 1 to 9999.');
  return Number(text);
}

const program = npmCommand(
  'parity',
  'Compares what is stored of PDFs with what the legacy app stores, page by page.',
  '0 they agree, but for what is accepted; 1 they do not',
)
  .addOption(new Option('--engine <name>', 'one engine only').choices(engineNames))
  .option('--pages', 'a line for every page, not only for those that differ')
  .option(
    '--classes <count>',
    'instead of the corpus so many documents of each class in which readers differ, made for the run',
    wholeNumber,
  )
  .addArgument(new Argument('[files...]', 'PDFs to measure instead of the corpus; those are not judged'))
  .action(async (files: string[], { engine, pages, classes }: ParityFlags) => {
    const agreed = await measureParity({
      setupFolder: readSettings(process.env, root).setupFolder,
      // The text of mupdf is legacy's; the other engine differs in each of the classes.
      engines: engine ? [engine] : classes ? ['mupdf'] : engineNames,
      ...(files.length && { files: files.map((file) => resolve(file)) }),
      ...(classes && { classes }),
      tesseract: findProgram('tesseract'),
      everyPage: pages ?? false,
      today: new Date().toISOString().slice(0, 10),
      print: (line) => console.log(line),
    });
    process.exitCode = agreed ? 0 : 1;
  });

/** As Python's `shutil.which`, by which legacy decides. */
function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

await program.parseAsync();
