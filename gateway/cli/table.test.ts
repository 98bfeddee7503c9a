import { expect, it } from 'vitest';
import { tableLines } from './table.ts';

const columns = [{ title: 'ROUTE' }, { title: 'BY', shrinks: true }, { title: 'PHASE', shrinks: true }];
const rows = [['GET /api/health', 'somebody with a long name', 'health']];
const lines = (width: number) => tableLines(columns, rows, width, (text) => text);

it('a table is as wide as it may be, and columns that may shrink are cut', () => {
  expect(lines(40)).toEqual([
    'ROUTE            BY               PHASE',
    'GET /api/health  somebody with …  health',
  ]);
});

it('of one that may have any width nothing is cut', () => {
  expect(lines(Number.POSITIVE_INFINITY)[1]).toBe('GET /api/health  somebody with a long name  health');
});
