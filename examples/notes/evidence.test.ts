/** What a run writes as evidence: the same facts give the same file. */

import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { EvidenceFile } from '@banyan/gateway/evidence/evidence.ts';
import type { ExchangeOutcome } from '@banyan/suite/compared.ts';
import { evidenceOf, withSequences } from '@banyan/suite/evidence.ts';
import { standingsOf } from '@banyan/suite/report/standing.ts';
import { resultOf } from '@banyan/suite/result.ts';
import { expect, it } from 'vitest';
import { notesTable } from './table.ts';

const fingerprints = { code: 'sha256:a', recordings: 'sha256:b', retired: [] };
const rules = ['race', 'moment', 'gone'].map(
  (name): AcceptedRule => ({
    name,
    reason: 'a test',
    owner: 'test',
    expires: '2099-12-31',
    route: 'all',
    places: [],
    dependsOnTiming: name === 'moment',
  }),
);

/** An exchange of `GET /notes`, in which each of these rules was needed once. */
const outcome = (index: number, needed: string[], outcome: ExchangeOutcome['outcome'] = 'accepted') =>
  ({
    recording: 'one',
    index,
    route: 'GET /notes',
    outcome,
    compared: [{ judgement: { differences: [], accepted: needed.map((rule) => ({ rule })) }, tolerated: [] }],
  }) as unknown as ExchangeOutcome;

const resultsOf = (outcomes: ExchangeOutcome[]) =>
  resultOf({ table: notesTable, rules, today: '2026-01-31', outcomes, implemented: undefined });

function evidence(outcomes: ExchangeOutcome[], before?: EvidenceFile): EvidenceFile {
  const known = before ?? { fault: 'There is no evidence yet.' };
  return evidenceOf({ result: resultsOf(outcomes), outcomes, rules, fingerprints, before: known });
}

it('is the same again where nothing but the moment of a look has changed', () => {
  const first = evidence([outcome(0, ['race', 'race', 'moment']), outcome(1, ['race'])]);
  expect(first.routes['GET /notes']).toEqual({
    state: 'green',
    recordings: ['one'],
    sequences: 0,
    exchanges: 2,
    accepted: { race: 3, moment: 1 },
  });
  expect(evidence([outcome(0, ['race']), outcome(1, ['moment', 'moment'])], first)).toEqual(first);
  expect(evidence([outcome(0, ['race']), outcome(1, [])], first)).toEqual(first);
});

it('says what has changed: an exchange more, a rule that is needed no longer, one that is needed now', () => {
  const first = evidence([outcome(0, ['race', 'moment'])]);
  const more = evidence([outcome(0, ['race']), outcome(1, ['race'])], first);
  expect(more.routes['GET /notes']).toMatchObject({ exchanges: 2, accepted: { race: 1, moment: 1 } });
  const other = evidence([outcome(0, ['gone'])], first);
  expect(other.routes['GET /notes']?.accepted).toEqual({ moment: 1, gone: 1 });
  expect(evidence([outcome(0, [], 'divergent')], first).routes['GET /notes']?.state).toBe('divergent');
  expect(evidence([outcome(0, [], 'untested')], first).routes['GET /notes']?.state).toBe('uncovered');
});

it('has the sequences of the longest run, as long as the code is the same', () => {
  const first = evidence([outcome(0, [])]);
  const counted = withSequences(withSequences(first, { 'GET /notes': 40 }), { 'GET /notes': 7 });
  expect(counted.routes['GET /notes']?.sequences).toBe(40);
  expect(evidence([outcome(0, [])], counted).routes['GET /notes']?.sequences).toBe(40);
  const ofOther = { ...counted, code: 'sha256:c' };
  expect(evidence([outcome(0, [])], ofOther).routes['GET /notes']?.sequences).toBe(0);
});

it('tells how a route stands: by the run where it asked everything, else by what is committed', () => {
  const committed = evidence([outcome(0, [])]);
  const standing = (everything: boolean, outcomes: ExchangeOutcome[], file: EvidenceFile) =>
    standingsOf(resultsOf(outcomes), everything, { found: file, running: fingerprints })['GET /notes'];
  expect(standing(true, [outcome(0, [])], { ...committed, code: 'sha256:c' })).toBe('green');
  expect(standing(true, [], committed)).toBe('uncovered');
  expect(standing(false, [], committed)).toBe('green');
  expect(standing(false, [], { ...committed, code: 'sha256:c' })).toBe('stale');
  expect(standing(false, [], { ...committed, routes: {} })).toBe('uncovered');
  expect(standing(false, [outcome(0, [], 'divergent')], committed)).toBe('divergent');
});
