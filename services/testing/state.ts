/** What is behind the new backend, for tests of everything but retrieval: a database, files, and the model at the relay. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db } from '../db/transaction.ts';
import { openDirectoryStore } from '../files/directory-store.ts';
import type { Dispatch } from '../jobs/store.ts';
import type { State } from '../new-backend.ts';
import type { Answerer } from '../rag/answerer.ts';

export interface TestState extends State {
  /** What was dispatched; nobody works on it. */
  dispatched: Dispatch[];
  /** Where the files are. */
  folder: string;
}

/** Whose answer quotes the message, and how many turns came with it. */
export function echo(): Answerer {
  return {
    answer: async ({ message, history }) => ({ reply: `${history.length}: ${message}`, sources: [] }),
    close: async () => {},
  };
}

/** Closing it leaves the database open. */
export async function testState(db: Db, answerer: Answerer = echo()): Promise<TestState> {
  const folder = await mkdtemp(join(tmpdir(), 'new-backend-'));
  const files = await openDirectoryStore(folder);
  const dispatched: Dispatch[] = [];
  return {
    db,
    files,
    answerer,
    dispatched,
    folder,
    dispatcher: { dispatch: (each) => dispatched.push(each), close: async () => {} },
    async close() {
      await files.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
