/** What is made of a run's outcomes for CI and for people, without a browser. */

import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Answer } from '@banyan/compare/answer.ts';
import type { Compared, ExchangeOutcome } from '@banyan/suite/compared.ts';
import { commandOf, findingsOf } from '@banyan/suite/report/findings.ts';
import { junitReport } from '@banyan/suite/report/junit.ts';
import { answerLines, excerpt, sideBySide } from '@banyan/suite/report/side-by-side.ts';
import { standingsOf } from '@banyan/suite/report/standing.ts';
import { resultLines } from '@banyan/suite/report/terminal.ts';
import { resultOf } from '@banyan/suite/result.ts';
import { expect, it } from 'vitest';
import { notesTable } from './table.ts';

const answer = (rawHeaders: string[], body: string): Answer => ({
  status: 200,
  reason: 'OK',
  rawHeaders,
  body: Buffer.from(body),
});

function compared(index: number, left: string, right: string): Compared {
  const differences = left === right ? [] : [{ place: 'body $.text', kind: 'value' as const, left, right }];
  const verdict = left === right ? ('matched' as const) : ('divergent' as const);
  return {
    recording: 'one',
    index,
    route: 'GET /notes',
    method: 'GET',
    target: '/notes',
    request: { method: 'GET', target: '/notes', rawHeaders: [], body: undefined },
    pair: 'legacy-new',
    judgement: { verdict, differences, accepted: [] },
    tolerated: [],
    volatile: 0,
    repeats: 0,
    left: answer([], left),
    right: answer([], right),
  };
}

const outcomes = [compared(0, 'same', 'same'), compared(1, 'a <b> & "c"\u0000', 'd')].map(
  (each): ExchangeOutcome => ({
    recording: each.recording,
    index: each.index,
    route: each.route,
    outcome: each.judgement.verdict,
    compared: [each],
  }),
);
const expired: AcceptedRule = {
  name: 'old & gone',
  reason: 'a rule of last year',
  owner: 'test',
  expires: '2025-12-31',
  route: 'GET /notes',
  places: [],
};
const result = resultOf({
  table: notesTable,
  rules: [expired],
  today: '2026-01-31',
  outcomes,
  implemented: undefined,
});

it('is JUnit XML in which a divergence and an expired rule are failures, whatever characters they have', () => {
  const xml = junitReport(result, outcomes);
  expect(xml).toContain('<testsuites name="contract" tests="2" failures="2">');
  expect(xml).toContain('<testcase classname="GET /notes" name="one #1 GET /notes"/>');
  expect(xml).toContain(
    '<failure message="value at body $.text">body $.text (value): a &lt;b&gt; &amp; &quot;c&quot;\ufffd / d</failure>',
  );
  expect(xml).toContain('<testcase classname="accepted.yaml" name="old &amp; gone">');
});

it('shows in a terminal each route with its evidence, and what is wrong with the register', () => {
  const standings = standingsOf(result, true, undefined);
  const lines = resultLines(result, standings, (_style, text) => text);
  expect(lines).toContainEqual(expect.stringMatching(/^GET \/notes +2 +1 +0 +1 +0 {2}divergent +divergent$/));
  expect(lines).toContainEqual(expect.stringMatching(/^POST \/notes .* uncovered +not recorded$/));
  expect(lines).toContain('The accepted divergence "old & gone" has expired: renew or remove it.');
});

it('puts headers beside each other by name, leaves the server’s own out, and marks in place', () => {
  const left = answer(['Server', 'one', 'Vary', 'Origin', 'Content-Type', 'text/plain'], 'water the fig');
  const right = answer(['content-type', 'text/plain', 'Vary', 'Origin', 'Date', 'now'], 'water a fig');
  const own = new Set(['server', 'date']);
  const rows = excerpt(sideBySide(answerLines(left, own), answerLines(right, own)));
  const text = (side: 'left' | 'right') =>
    rows.map((row) => row?.[side]?.map((piece) => (piece.differs ? `[${piece.text}]` : piece.text)).join(''));
  expect(text('left')).toEqual([
    '200 OK',
    '[Content-T]ype: text/plain',
    'Vary: Origin',
    '',
    'water [the] fig',
  ]);
  expect(text('right')).toEqual([
    '200 OK',
    '[content-t]ype: text/plain',
    'Vary: Origin',
    '',
    'water [a] fig',
  ]);
});

it('has a command that replays just a finding, on the backends of the run', () => {
  const [finding] = findingsOf(outcomes.flatMap((each) => each.compared));
  if (!finding) return expect.fail('nothing was found');
  const xml = junitReport(result, outcomes, [{ ...finding, shortest: [1, 2] }], '--x');
  expect(xml).toContain('&#10;npm run contract -- --recording one --only 1,2 --x</failure>');
  expect(commandOf(finding)).toBe('npm run contract -- --recording one');
  expect(commandOf({ ...finding, shortest: [1, 2] }, '--legacy http://127.0.0.1:1')).toBe(
    'npm run contract -- --recording one --only 1,2 --legacy http://127.0.0.1:1',
  );
});
