/** The to-do list, as `npm run contract` and `npm run fuzz` are told of it: `--application examples/todo/application.ts`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localTime } from '@banyan/route-table/local-time.ts';
import type { TestedApplication } from '@banyan/suite/application.ts';
import { type FreshBackends, Started } from '@banyan/suite/fresh/backends.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import fc from 'fast-check';
import { startNewTodo } from './new-backend.ts';
import { type RunningTodo, startTodo } from './start.ts';
import { todoTable } from './table.ts';

const title = fc.constantFrom(
  'water the fig',
  '  repot  ',
  '',
  ' ',
  '“quoted” 😀',
  '\ud83d',
  'x'.repeat(300),
);

export default {
  table: todoTable,
  recordings: join(import.meta.dirname, 'recordings'),
  grammar: {
    weights: { 'POST /todos': 3, 'PATCH /todos/:id': 3 },
    fields: { 'POST /todos': { title } },
    leaveOut: /[^!-~]/,
  },
  freshBackends,
} satisfies TestedApplication;

/** The list in Python and its rewrite, each with a file of its own. Any Python 3 will do: `PYTHON` names another one. */
async function freshBackends(): Promise<FreshBackends> {
  const python = process.env.PYTHON || 'python3';
  const started = new Started();
  return {
    startLegacy: () => started.begin(() => withList((file) => startTodo(python, file))),
    startNew: () => started.begin(() => withList(startNewTodo)),
    close: () => started.close(),
  };
}

async function withList(start: (file: string) => Promise<RunningTodo>): Promise<RunningBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-todo-'));
  const app = await start(join(folder, 'list.json'));
  return {
    url: app.url,
    clock: localTime,
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
