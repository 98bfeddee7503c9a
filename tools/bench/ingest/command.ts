/** `npm run bench -- ingest` */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { readSettings } from '../../../banyan.settings.ts';
import { ensureSetup } from '../../setup/index.ts';
import { positive } from '../../setup/options.ts';
import { watchOthers } from '../system/usage.ts';
import { startLegacyBackend, startNew } from './backends.ts';
import { type Measured, measure } from './measure.ts';
import { ingestReport } from './report.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));
const starts = { legacy: startLegacyBackend, new: startNew };

interface Options {
  pdfs: number;
  only?: keyof typeof starts;
}

export function ingestCommand(): Command {
  return new Command('ingest')
    .description(
      'PDFs taken in by the new backend and by legacy: pages and chunks a second, event loop, memory',
    )
    .option('--pdfs <n>', 'how many PDFs of ten pages each takes in; 500 for its memory', positive, 20)
    .addOption(new Option('--only <backend>', 'one of the two').choices(Object.keys(starts)))
    .action(async ({ pdfs, only }: Options) => {
      const lanes = availableParallelism();
      const setting = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}; ${pdfs} PDFs, ${lanes} at once, one backend after the other on all cores`;
      const results: Partial<Record<keyof typeof starts, Measured>> = {};
      const stop = watchOthers();
      for (const name of ['legacy', 'new'] as const)
        if (!only || only === name) results[name] = await run(name, pdfs, lanes);
      process.stdout.write(ingestReport({ setting, results, others: stop() }));
    });
}

async function run(name: keyof typeof starts, pdfs: number, lanes: number): Promise<Measured> {
  const { dataFolder, setupFolder } = readSettings(process.env, root);
  const report = (line: string) => console.error(line);
  const setup = await ensureSetup({ root, env: process.env, report, dataFolder, setupFolder });
  const parent = await mkdtemp(join(tmpdir(), 'bench-ingest-'));
  const folder = join(parent, name);
  await mkdir(folder);
  const backend = await starts[name]({ root, ...setup, folder });
  try {
    // The first one loads what the others find there.
    await measure(backend, 1, 1);
    return await measure(backend, pdfs, lanes);
  } finally {
    await backend.stop();
    await rm(parent, { recursive: true, force: true });
  }
}
