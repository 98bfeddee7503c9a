/** All of Banyan in this process, with a data folder of its own and the shipped phases. */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DiffState } from '@banyan/gateway/continuity/diff/diffs.ts';
import type { DiffProgress } from '@banyan/gateway/continuity/diff/report.ts';
import { parse } from 'yaml';
import { type Running, run } from '../launch/run.ts';
import { settingsApart } from '../launch/testing.ts';
import { consoleApi } from './console-api.ts';

export interface Installation extends Running {
  flagFile: string;
  /** Phase name to its routes, in the order of the file. */
  phases: Readonly<Record<string, readonly string[]>>;
  /** A route, or a phase. In force when it resolves. @throws Error where it is refused, with the reason */
  flip(target: string, mode: string): Promise<void>;
  rollback(target: string): Promise<void>;
  /** Resolves when both sides have been given what they had not when this was asked. @throws Error after two minutes */
  even(): Promise<void>;
  /** Compares everything that both backends show. @throws Error with what differs or could not be decided */
  diff(): Promise<void>;
  /** Writes that were answered otherwise by the side that was given them afterwards. */
  divergences(): Promise<string[]>;
  /** Stops the legacy app, as an operator would. */
  stopLegacy(): Promise<void>;
}

interface Journal {
  lag: { legacy: number; new: number };
  /** Age of what has been owed for longest, in seconds. */
  oldest: number;
  pinned: { route: string; reason: string }[];
  divergent: number;
}

/** In milliseconds; a document takes seconds on either side. */
const patience = 120_000;

export interface InstallationOptions {
  root: string;
  /** Flips what the evidence does not prove too. */
  force: boolean;
  report: (line: string) => void;
}

export async function startInstallation({ root, force, report }: InstallationOptions): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-rehearsal-'));
  const flagFile = join(folder, 'flags.yaml');
  await copyFile(join(root, 'flags.yaml'), flagFile);
  const { settings, env } = settingsApart(root, folder, flagFile);
  const remove = () => rm(folder, { recursive: true, force: true });
  const banyan = await run({ settings, root, env, report, signal: new AbortController().signal }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  const flags = parse(await readFile(flagFile, 'utf8')) as { phases: Record<string, string[]> };
  const api = consoleApi(banyan.consoleUrl, banyan.newConsoleToken ?? '');
  const by = { who: 'rehearsal', why: 'rehearsal' };
  return {
    ...banyan,
    flagFile,
    phases: flags.phases,
    flip: async (target, mode) => void (await api('flip', { target, mode, force, yes: true, ...by })),
    rollback: async (target) => void (await api('rollback', { target, ...by })),
    async even() {
      const began = performance.now();
      for (;;) {
        const { lag, oldest, pinned } = (await api('journal')) as Journal;
        if (pinned.length > 0) throw new Error(`It cannot be replayed: ${JSON.stringify(pinned)}`);
        const passed = performance.now() - began;
        // Users go on: what is owed now came afterwards.
        if (lag.legacy + lag.new === 0 || oldest * 1000 < passed) return;
        if (passed > patience) throw new Error(`The mirror does not catch up: ${JSON.stringify(lag)}`);
        await pause(100);
      }
    },
    async diff() {
      const { running } = (await api('diff', {})) as { running: DiffProgress };
      for (;;) {
        const { last } = (await api('diff')) as DiffState;
        if (last?.started === running.started) {
          if (last.outcome === 'clean') return;
          throw new Error(`The backends do not hold the same: ${JSON.stringify(last)}`);
        }
        await pause(200);
      }
    },
    async divergences() {
      const { writes } = (await api('divergences')) as { writes: object[] };
      return writes.map((write) => JSON.stringify(write));
    },
    async stopLegacy() {
      const note = JSON.parse(await readFile(join(folder, 'data/run/legacy.json'), 'utf8')) as {
        pid: number;
      };
      process.kill(note.pid, 'SIGTERM');
      const answers = () =>
        fetch(banyan.legacyUrl ?? '').then(
          () => true,
          () => false,
        );
      while (await answers()) await pause(50);
    },
    async close() {
      await banyan.close();
      await remove();
    },
  };
}
