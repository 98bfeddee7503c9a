/** The to-do list, as `npm run contract` and `npm run fuzz` are told of it: `--application examples/todo/application.ts`. */
import { join } from 'node:path';
import type { TestedApplication } from '@banyan/suite/application.ts';
import fc from 'fast-check';
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
} satisfies TestedApplication;
