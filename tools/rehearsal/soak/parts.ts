/** Banyan in parts that are killed one by one: PostgreSQL, the legacy app, and the gateway with its worker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Closers } from '@banyan/operations/closers.ts';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import pg from 'pg';
import { readSettings } from '../../../banyan.settings.ts';
import { killChildren } from '../../../services/worker/testing/children.ts';
import { freePorts } from '../../launch/testing.ts';
import { ensureSetup } from '../../setup/index.ts';
import { type ConsoleApi, consoleApi } from '../console-api.ts';
import { startApart } from '../start-apart.ts';
import type { OldChat } from '../user.ts';
import { startLegacyPart } from './legacy-part.ts';
import { uploadOldFiles, writeOldChats } from './old-data.ts';

export const blows = ['gateway', 'worker', 'PostgreSQL', 'legacy'] as const;
export type Blow = (typeof blows)[number];

export interface Parts {
  url: string;
  legacyUrl: string;
  /** What legacy has had before the gateway, which the first sync brings once it is told to start. */
  old: readonly OldChat[];
  console: ConsoleApi;
  /** Kills it outright and starts it again. Resolves when it is up. */
  blow(blow: Blow): Promise<void>;
  /** What the gateway said before it ended by itself, if it did. */
  ended(): string | undefined;
  /** For whoever looks into a fault: the journal and what both backends show. @returns the file's path */
  dump(): Promise<string>;
  close(): Promise<void>;
}

const token = 'soak-token-0123456789';
const key = 'soak-relay-0123456789';

/** @param oldChats how many legacy has before the gateway first starts */
export function startParts(root: string, oldChats: number): Promise<Parts> {
  return startApart('soak', (folder, closers) => start(root, folder, oldChats, closers));
}

async function start(
  root: string,
  folder: string,
  oldChats: number,
  closers: Closers,
): Promise<Omit<Parts, 'close'>> {
  const settings = readSettings(process.env, root);
  const setup = await ensureSetup({ ...settings, root, env: process.env, report: () => {} });
  const postgres = await startPostgres();
  closers.defer(() => postgres.stop());
  const ports = await freePorts();
  const legacyFolder = join(folder, 'legacy');
  const old = await writeOldChats(legacyFolder, oldChats);
  const legacy = await startLegacyPart({
    root,
    ...setup,
    port: Number(ports.LEGACY_PORT),
    folder: legacyFolder,
    model: { baseUrl: `http://127.0.0.1:${ports.RELAY_PORT}`, key },
  });
  closers.defer(() => legacy.stop());
  await uploadOldFiles(legacy.url, old);
  const flagFile = join(folder, 'flags.yaml');
  // Without guards: who serves is what the flips say. What is not proven serves too, as in each of these flips.
  const shipped = await readFile(join(root, 'flags.yaml'), 'utf8');
  await writeFile(
    flagFile,
    shipped.replace(/^guards:.*$/m, 'guards: off').replace(/^evidence:.*$/m, 'evidence: warn'),
  );
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: ports.PORT,
    CONSOLE_PORT: ports.CONSOLE_PORT,
    CONSOLE_TOKEN: token,
    RELAY_PORT: ports.RELAY_PORT,
    RELAY_KEY: key,
    LEGACY_URL: legacy.url,
    LEGACY_DATA: legacyFolder,
    LOG_LEVEL: 'warn',
    CONTINUITY: 'on',
    DATABASE_URL: await postgres.createDatabase('soak'),
    BANYAN_DATA: join(folder, 'data'),
    BANYAN_FLAGS: flagFile,
    BANYAN_SETUP: settings.setupFolder,
  };
  const url = `http://127.0.0.1:${ports.PORT}`;
  let gateway: ChildProcess;
  let said = '';
  let isKilled = false;
  const up = async (syncAfter = 0) => {
    said = '';
    isKilled = false;
    gateway = spawn(process.execPath, [join(root, 'tools/launch/start.ts')], {
      cwd: root,
      env: { ...env, SYNC_AFTER: String(syncAfter) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [gateway.stdout, gateway.stderr])
      stream?.on('data', (text) => {
        said = (said + text).slice(-4000);
      });
    while (!(await answers(`${url}/api/health`))) {
      if (gateway.exitCode !== null) throw new Error(`The gateway did not start:\n${said}`);
      await pause(50);
    }
  };
  const down = async () => {
    isKilled = true;
    if (gateway.exitCode !== null || gateway.signalCode !== null) return;
    const gone = once(gateway, 'exit');
    gateway.kill('SIGKILL');
    await gone;
  };
  const console = consoleApi(`http://127.0.0.1:${ports.CONSOLE_PORT}`, token);
  // Paused before it can begin; a sync stays paused when the gateway starts again.
  await up(100_000);
  closers.defer(down);
  await console('sync', { do: 'pause' });
  await down();
  await up();
  return {
    url,
    legacyUrl: legacy.url,
    old,
    console,
    async blow(blow) {
      if (blow === 'worker') await killChildren(gateway.pid);
      else if (blow === 'gateway') {
        await down();
        await up();
      } else if (blow === 'legacy') await legacy.killed();
      else {
        await postgres.kill();
        await postgres.restart();
      }
    },
    async dump() {
      const file = join(tmpdir(), `banyan-soak-${Date.now()}.jsonl`);
      const tables = ['entries', 'entry_keys', 'keys', 'ids'];
      const rows = await rowsOf(env.DATABASE_URL, [
        ...tables.map((table) => `banyan_journal.${table}`),
        ...['chats', 'messages', 'documents', 'jobs'].map((table) => `banyan.${table}`),
      ]);
      const shown = await fetch(`${legacy.url}/api/chats`).then((answer) => answer.json());
      await writeFile(file, `${JSON.stringify({ legacy: shown, said })}\n`);
      // A line each: together they can be more than one text holds.
      for (const [table, all] of Object.entries(rows))
        for (const row of all) await appendFile(file, `${JSON.stringify({ table, row })}\n`);
      return file;
    },
    ended: () => (gateway.exitCode !== null && !isKilled ? said : undefined),
  };
}

async function rowsOf(url: string, tables: readonly string[]): Promise<Record<string, unknown[]>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const found: Record<string, unknown[]> = {};
    for (const table of tables) found[table] = (await client.query(`select * from ${table}`)).rows;
    return found;
  } finally {
    await client.end();
  }
}

const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
