import { expect, it } from 'vitest';
import { pipProblem } from './pip.ts';

const retrying = (cause: string) =>
  `WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<x>: Failed to establish a new connection: ${cause}')': /simple/flask/`;

it.each([
  [
    'a dead index',
    [
      retrying('[Errno 111] Connection refused'),
      'ERROR: Could not find a version that satisfies the requirement flask==3.1.2 (from versions: none)',
      'ERROR: No matching distribution found for flask==3.1.2',
    ],
    { network: true, reason: 'No matching distribution found for flask==3.1.2 (Connection refused)' },
  ],
  [
    'no name service',
    [
      retrying('[Errno -3] Temporary failure in name resolution'),
      'ERROR: No matching distribution found for x==1',
    ],
    {
      network: true,
      reason: 'No matching distribution found for x==1 (Temporary failure in name resolution)',
    },
  ],
  [
    'an index that shows nothing',
    [
      'ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)',
      'ERROR: No matching distribution found for x==1',
    ],
    { network: true, reason: 'No matching distribution found for x==1 (no release of it can be seen)' },
  ],
  [
    'a release that is not there',
    [
      'ERROR: Could not find a version that satisfies the requirement x==9 (from versions: 1, 2)',
      'ERROR: No matching distribution found for x==9',
    ],
    { network: false, reason: 'No matching distribution found for x==9' },
  ],
  [
    'a full disk',
    [
      'Collecting x',
      'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    ],
    {
      network: false,
      reason: 'Could not install packages due to an OSError: [Errno 28] No space left on device',
    },
  ],
  ['another word of it', ['No module named pip'], { network: false, reason: 'No module named pip' }],
])('tells what is wrong with %s', (_, lines, problem) => {
  expect(pipProblem(lines)).toEqual(problem);
});
