/** A new backend with nothing in it, or with what a folder of legacy's files has, on a port of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localTime } from '@banyan/route-table/local-time.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { utcTime } from '@banyan/suite/clock.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { importLegacy } from '../../migrations/import/import.ts';
import { openDatabase } from '../../migrations/open.ts';
import { emptyPGlite } from '../../services/db/testing/migrated.ts';
import { createNewBackend, type NewBackend } from '../../services/new-backend.ts';
import { openState } from '../../services/open-state.ts';
import { noLog } from '../../services/queue/log.ts';
import { parseRetiredQuirks } from '../../services/quirks.ts';
import { startNewBackend } from '../../services/server.ts';

export interface FreshNewOptions {
  table: RouteTable;
  embeddingModel: string;
  /** Quirks that it has no longer. */
  retired: readonly string[];
  model: { baseUrl: string; key: string };
  /** The legacy app's files, which are imported first, and the interpreter that reads its Chroma folder. */
  state?: { folder: string; python: string } | undefined;
}

export interface FreshNew {
  backend: NewBackend;
  clock: (moment: number) => string;
  /** Closes it and removes what it wrote to the disk. */
  close(): Promise<void>;
}

/** In this process, and on no port. */
export async function openFreshNew(options: FreshNewOptions): Promise<FreshNew> {
  const { table, embeddingModel, retired, model, state } = options;
  const folder = await mkdtemp(join(tmpdir(), 'banyan-contract-new-'));
  const quirks = parseRetiredQuirks(retired.join());
  const database = { folder: 'memory', from: await emptyPGlite() };
  const backend = createNewBackend({
    table,
    llamaParse: false,
    quirks,
    openState: (clock) =>
      openState(
        {
          folder,
          database,
          openDatabase,
          quirks,
          model,
          log: noLog,
          pdfEngine: 'mupdf',
          env: process.env,
          embeddingModel: async () => embeddingModel,
        },
        clock,
      ),
  });
  // Not with the first request: its answer has a deadline.
  const { db } = await backend.open();
  if (state)
    await importLegacy({
      folder: state.folder,
      db,
      workFolder: join(folder, 'import'),
      dryRun: false,
      python: async () => state.python,
      keep: {
        deletedPdfs: quirks['deleted-pdf-still-retrieved'],
        deletedChats: quirks['deleted-chat-lingers'],
      },
    });
  return {
    backend,
    clock: quirks['local-time-as-utc'] ? localTime : utcTime,
    async close() {
      await backend.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function startFreshNew(options: FreshNewOptions): Promise<RunningBackend> {
  const { backend, clock, close } = await openFreshNew(options);
  const server = await startNewBackend({ backend, port: 0 });
  return {
    url: server.url,
    clock,
    async close() {
      await server.close();
      await close();
    },
  };
}
