import { expect, it } from 'vitest';
import { progressBar } from './progress-bar.ts';

it.each([
  [0, 3, `${'░'.repeat(30)} 0 %`],
  [1, 3, `${'█'.repeat(10)}${'░'.repeat(20)} 33 %`],
  [2999, 3000, `${'█'.repeat(30)} 99 %`],
  [3, 3, `${'█'.repeat(30)} 100 %`],
  [0, 0, `${'█'.repeat(30)} 100 %`],
  [5, 3, `${'█'.repeat(30)} 100 %`],
])('%i of %i', (done, total, bar) => {
  expect(progressBar(done, total)).toBe(bar);
});
