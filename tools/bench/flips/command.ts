/** `npm run bench -- flips` */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PostgresServer, startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { Command, Option } from 'commander';
import { readSettings } from '../../../banyan.settings.ts';
import { ensureSetup } from '../../setup/index.ts';
import { fromZero, positive } from '../../setup/options.ts';
import { watchOthers } from '../system/usage.ts';
import { measureAdded } from './added.ts';
import { measureHolds } from './holds.ts';
import { type Installation, startInstallation } from './installation.ts';
import { measureMirror } from './mirror.ts';
import { startModel } from './model.ts';
import { type FlipsRun, flipsReport } from './report.ts';

const root = dirname(dirname(dirname(import.meta.dirname)));
const parts = ['holds', 'mirror', 'added'] as const;

interface Options {
  database: 'postgres' | 'pglite';
  only?: (typeof parts)[number];
  users: number;
  flips: number;
  writes: number;
  rounds: number;
  requests: number;
  pace: number;
  model: number;
}

export function flipsCommand(): Command {
  return new Command('flips')
    .description('what a flip, the journal, the mirror and reads in shadow cost, with the real legacy app')
    .addOption(
      new Option('--database <form>', 'of journal and new')
        .choices(['postgres', 'pglite'])
        .default('postgres'),
    )
    .addOption(new Option('--only <part>', 'one of them').choices([...parts]))
    .option('--users <n>', 'at once', positive, 8)
    .option('--flips <n>', 'of all routes, for what they hold', positive, 60)
    .option('--writes <n>', 'of each kind, for the mirror', positive, 1000)
    .option('--rounds <n>', 'for what is added', positive, 7)
    .option('--requests <n>', 'in each of these', positive, 400)
    .option('--pace <ms>', 'between two requests of a user', positive, 250)
    .option(
      '--model <ms>',
      'that a model takes for an answer, as real ones do; without it the stand-in, which takes none',
      fromZero,
      0,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { database, only, users, flips, writes, rounds, requests, pace } = options;
  const { dataFolder, setupFolder } = readSettings(process.env, root);
  const report = (line: string) => console.error(line);
  await ensureSetup({ root, env: process.env, report, dataFolder, setupFolder });
  const folder = await mkdtemp(join(tmpdir(), 'bench-flips-'));
  const others = watchOthers();
  const server = database === 'postgres' ? await startPostgres() : undefined;
  const model = options.model > 0 ? await startModel(options.model) : undefined;
  const start = starter(folder, { server, modelUrl: model?.url });
  const wanted = (part: (typeof parts)[number]) => !only || only === part;
  const found: Omit<FlipsRun, 'others'> = {
    setting: [
      `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, all on all cores`,
      `${database === 'postgres' ? 'PostgreSQL' : 'PGlite'}; ${users} users, ${pace} ms between two requests of one where they are paced; a model that takes ${options.model} ms`,
    ],
  };
  try {
    if (wanted('holds')) {
      const installation = await start('on');
      found.holds = await measureHolds(installation, { users, flips, pace, every: 1000 }).finally(() =>
        installation.stop(),
      );
    }
    if (wanted('mirror')) found.mirror = await measureMirror(start, { users, writesOfAKind: writes });
    if (wanted('added')) found.added = await measureAdded(start, { users, rounds, requests, pace, server });
  } finally {
    model?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  process.stdout.write(flipsReport({ ...found, others: others() }));
  const failed = [...(found.holds?.rows ?? []), ...(found.added ? [found.added] : [])];
  if (failed.some((each) => each.failed > 0)) process.exitCode = 1;
}

/** Each has a folder and a database of its own. */
function starter(
  folder: string,
  { server, modelUrl }: { server: PostgresServer | undefined; modelUrl: string | undefined },
): (continuity: 'on' | 'off') => Promise<Installation> {
  let count = 0;
  return async (continuity) => {
    count += 1;
    const name = `bench_${count}`;
    return startInstallation({
      folder: join(folder, name),
      continuity,
      modelUrl,
      databaseUrl: await server?.createDatabase(name),
    });
  };
}
