import { expect, it } from 'vitest';
import { type AcceptedRule, inForceWithout, judge } from './accept.ts';
import type { Answer } from './answer.ts';
import { compareAnswers } from './compare.ts';
import { Bindings } from './volatile/bindings.ts';

const route = 'GET /api/upload-status/:job_id';
const rule: AcceptedRule = {
  name: 'race',
  reason: 'a race',
  owner: 'us',
  expires: '2027-01-31',
  route,
  places: ['body $.status', 'body $.error', 'body $.list'],
  holds: [
    {
      at: '$',
      oneOf: [
        { has: { status: 'queued' }, absent: ['error'] },
        { has: { status: 'error' }, present: ['error'] },
      ],
    },
    { at: '$.total', isLengthOf: ['$.list'] },
  ],
};

const answer = (value: object): Answer => {
  const body = Buffer.from(JSON.stringify(value, null, 2));
  return {
    status: 200,
    reason: 'OK',
    rawHeaders: ['Content-Type', 'application/json', 'Content-Length', `${body.length}`],
    body,
  };
};

function verdict(left: object, right: object, today = '2026-06-01', of = route) {
  const answers = { route: of, target: '/api/upload-status/x', left: answer(left), right: answer(right) };
  const comparison = compareAnswers({
    method: 'GET',
    route: undefined,
    left: answers.left,
    right: answers.right,
    bindings: new Bindings(),
  });
  const { verdict, differences, accepted } = judge(comparison, answers, [rule], today);
  return [
    verdict,
    ...accepted.map(({ rule: by, difference }) => `${by}: ${difference.place}`),
    ...differences.map(({ place }) => place),
  ];
}

const queued = { status: 'queued', list: [], total: 0 };
const failed = { error: 'it broke', status: 'error', list: [], total: 0 };

it('accepts a difference at its places where both answers are what the rule allows', () => {
  expect(verdict(queued, queued)).toEqual(['matched']);
  expect(verdict(queued, failed)).toEqual(['accepted', 'race: body $.status', 'race: body $.error']);
});

it('accepts what stands inside of its places', () => {
  expect(
    verdict({ ...queued, list: [{ a: 1 }], total: 1 }, { ...queued, list: [{ a: 2 }], total: 1 }),
  ).toEqual(['accepted', 'race: body $.list[0].a']);
});

it('accepts nothing beside its places', () => {
  expect(verdict({ ...queued, name: 'a' }, { ...failed, name: 'b' })[0]).toBe('divergent');
  expect(verdict({ ...queued, lists: 1 }, { ...queued, lists: 2 })).toEqual(['divergent', 'body $.lists']);
});

it('accepts nothing where an answer is one that legacy could not have given', () => {
  expect(verdict(queued, { ...failed, status: 'queued' })).toEqual(['divergent', 'body $.error']);
  expect(verdict(queued, { ...queued, status: 'lost' })).toEqual(['divergent', 'body $.status']);
  expect(verdict(queued, { ...failed, total: 1 })[0]).toBe('divergent');
});

it('accepts nothing of a request whose target is another one, and nothing where a text is another one', () => {
  const narrow = {
    ...rule,
    target: '^/api/upload-status/x$',
    holds: [{ at: '$', oneOf: [{ matches: { status: '^que' } }] }],
  };
  const [left, right] = [answer(queued), answer({ ...queued, status: 'queue' })];
  const of = (target: string, other = right) => {
    const comparison = compareAnswers({
      method: 'GET',
      route: undefined,
      left,
      right: other,
      bindings: new Bindings(),
    });
    return judge(comparison, { route, target, left, right: other }, [narrow as AcceptedRule], '2026-06-01')
      .verdict;
  };
  expect(of('/api/upload-status/x')).toBe('accepted');
  expect(of('/api/upload-status/xy')).toBe('divergent');
  expect(of('/api/upload-status/x', answer({ ...queued, status: 'done' }))).toBe('divergent');
  expect(of('/api/upload-status/x', answer({ ...queued, status: 1 }))).toBe('divergent');
});

it('has a rule in force by the quirks that are retired', () => {
  const rules = [
    rule,
    { ...rule, name: 'with', unlessRetired: 'a' },
    { ...rule, name: 'without', quirk: 'a' },
  ];
  const names = (retired: string[]) => inForceWithout(retired, rules).map(({ name }) => name);
  expect(names([])).toEqual(['race', 'with']);
  expect(names(['a'])).toEqual(['race', 'without']);
  expect(names(['b'])).toEqual(['race', 'with']);
});

it('accepts nothing on another route, nor once it has expired', () => {
  expect(verdict(queued, failed, '2026-06-01', 'GET /api/chats')[0]).toBe('divergent');
  expect(verdict(queued, failed, '2027-01-31')[0]).toBe('accepted');
  expect(verdict(queued, failed, '2027-02-01')[0]).toBe('divergent');
});
