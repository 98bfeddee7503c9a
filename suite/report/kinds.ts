/** What is wrong at a place, in the words of somebody who has never seen a report. */
import type { DifferenceKind } from '@banyan/compare/answer.ts';

export const kinds: Record<DifferenceKind, string> = {
  broken: 'the answer breaks HTTP',
  status: 'another status',
  reason: 'another reason phrase',
  missing: 'missing on the right',
  extra: 'only on the right',
  'name case': 'the name is written in another case',
  value: 'another value',
  type: 'a value of another type',
  escapes: 'the same text with other escapes',
  spacing: 'the same data with other white space',
  'key order': 'the same members in another order',
  order: 'the same elements in another order',
  length: 'another number of elements',
  format: 'not written as legacy writes it',
  binding: 'not the id or time that belongs here',
  time: 'a time that cannot be',
  bytes: 'other bytes',
};
