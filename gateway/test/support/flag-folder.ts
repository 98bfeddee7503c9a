/** A folder with a flag file and a data folder, for tests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll } from 'vitest';
import type { Pause } from '../../files.ts';
import { openFlags } from '../../flags/live-store.ts';
import type { AuditEntry } from '../../flags/model.ts';
import type { FlagStore, FlagStoreOptions } from '../../flags/store.ts';
import { POLL } from '../../flags/watch.ts';
import { silentLog } from '../../log.ts';
import { chatTable } from './chat-table.ts';

export interface FlagFolder {
  folder: string;
  file: string;
  data: string;
  write(text: string): void;
  read(): string;
  open(options?: Partial<FlagStoreOptions>): Promise<FlagStore>;
  /** The audit log, oldest first. */
  audit(): AuditEntry[];
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** @param text what the flag file says at first */
export function flagFolder(text: string): FlagFolder {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-flags-'));
  folders.push(folder);
  const file = join(folder, 'flags.yaml');
  const data = join(folder, 'data');
  writeFileSync(file, text);
  return {
    folder,
    file,
    data,
    write: (changed) => writeFileSync(file, changed),
    read: () => readFileSync(file, 'utf8'),
    open: (options) => openFlags({ file, dataFolder: data, table: chatTable, log: silentLog, ...options }),
    audit: () => auditOf(join(data, 'audit.jsonl')),
  };
}

function auditOf(file: string): AuditEntry[] {
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

/** Resolves once `condition` holds; looks whenever the store tells of a change. */
export function until(store: FlagStore, condition: () => boolean, patience = 20_000): Promise<void> {
  return new Promise((resolve, reject) => {
    if (condition()) return resolve();
    const done = (finish: () => void) => {
      stop();
      clearTimeout(timer);
      finish();
    };
    const stop = store.onChange(() => condition() && done(resolve));
    const timer = setTimeout(() => done(() => reject(new Error(`not so within ${patience} ms`))), patience);
  });
}

export interface CountedPauses {
  /** For the store. */
  pause: Pause;
  /**
   * The longest that a change made before `work` began can have waited for, in milliseconds: until the file is looked at, and
   * the pauses that the store asked for until `work` is done. A busy machine adds nothing, as it does to a time by the clock.
   */
  during(work: () => Promise<void>): Promise<number>;
}

/** Pauses as long as it is asked to, and counts that. */
export function countedPauses(): CountedPauses {
  let asked = 0;
  let underWay = 0;
  return {
    async pause(milliseconds) {
      asked += milliseconds;
      underWay += milliseconds;
      await pause(milliseconds);
      underWay -= milliseconds;
    },
    async during(work) {
      asked = underWay;
      await work();
      return POLL + asked;
    },
  };
}
