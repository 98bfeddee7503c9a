import { Counter } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shownAlarm } from '../continuity/alarms/alarm.ts';
import { nothingFound } from '../continuity/audit/state.ts';
import type { JournalSize } from '../continuity/journal/size.ts';
import { Tally } from '../continuity/shadow/tally.ts';
import type { FlagStore } from '../flags/store.ts';
import type { Answered } from '../guards/guard.ts';
import { shippedLikeFlags } from '../test/support/chat-table.ts';
import { flagFolder } from '../test/support/flag-folder.ts';
import { makeUnwritable } from '../test/support/unwritable.ts';
import { buckets, Metrics } from './metrics.ts';
import { Traffic } from './traffic.ts';

const place = flagFolder(shippedLikeFlags);
const RENAME = 'PUT /api/chats/:chat_id/rename';
const journalSize: JournalSize = {
  entries: 9,
  bytes: 8192,
  bodies: { files: 2, bytes: 4096, most: 65_536 },
  lag: { legacy: 2, new: 1 },
  oldest: 7.5,
  underWay: 0,
  doubt: 3,
  divergent: 4,
  doubtful: [],
  conflicts: [
    { key: 'chat:2', id: 'c', owner: 'new', since: '', reason: '', differences: [], kept: null },
    { key: 'chat:3', id: 'k', owner: 'new', since: '', reason: '', differences: [], kept: 'as it is' },
  ],
  waiting: [],
  pinned: [{ id: 'e', route: RENAME, side: 'new', keys: ['chat:1'], reason: 'refused', behind: 0 }],
};

const alarm = shownAlarm({
  route: RENAME,
  code: 'unsupported_id',
  since: '',
  last: '',
  count: 2,
  example: '',
  declared: '',
  kinds: [],
  madeBy: [],
});

let flags: FlagStore;
let tally: Tally;
let own: Counter;
let metrics: Metrics;
let journal: () => Promise<JournalSize>;
beforeEach(async () => {
  flags = await place.open();
  tally = new Tally();
  journal = async () => journalSize;
  own = new Counter({ name: 'shop_orders_total', help: 'Orders', registers: [] });
  metrics = new Metrics({
    flags,
    own: { register: (registry) => registry.registerMetric(own) },
    blocked: () => [{ route: RENAME, breach: '', reason: '', since: '' }],
    compared: () => tally.all(),
    journal: () => journal(),
    audit: () => ({ ...nothingFound, looks: 12, compared: 34, foreign: 1, adopted: 2, withheld: 7 }),
    alarms: () => [alarm],
    untiedCalls: () => 3,
    diffs: {
      counts: { equal: 40, different: 1, disturbed: 2, unavailable: 0 },
      differentKeys: 1,
      lastClean: 1_769_850_900,
    },
    work: async () => ({ queued: 5, processing: 1, oldest: 42, undelivered: 2, ownerless: 1 }),
  });
});
afterEach(async () => {
  await metrics.close();
  await flags.close();
});

const answered = (given: Partial<Answered>): Answered => ({
  key: RENAME,
  backend: 'new',
  status: 200,
  milliseconds: 12,
  asked: () => {
    throw new Error('nobody asks');
  },
  ...given,
});

describe('the metrics', () => {
  it('count requests by route template, status, backend and mode, in seconds', async () => {
    metrics.answered(answered({}));
    metrics.answered(answered({ milliseconds: 300 }));
    metrics.answered(answered({ status: 500, backend: 'legacy' }));
    const text = await metrics.text();
    const labels = (status: number, backend: string) =>
      `http_request_method="PUT",http_route="/api/chats/:chat_id/rename",http_response_status_code="${status}",banyan_backend="${backend}",banyan_mode="legacy"`;
    expect(text).toContain(`http_server_request_duration_seconds_count{${labels(200, 'new')}} 2`);
    expect(text).toContain(`http_server_request_duration_seconds_sum{${labels(200, 'new')}} 0.312`);
    expect(text).toContain(`http_server_request_duration_seconds_bucket{le="0.025",${labels(200, 'new')}} 1`);
    expect(text).toContain(`http_server_request_duration_seconds_count{${labels(500, 'legacy')}} 1`);
    expect(buckets).toEqual([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
  });

  it('count what failed by its code, and no answer for a client that went away', async () => {
    metrics.answered(answered({ status: 502, fault: 'backend_unreachable', backend: 'gateway' }));
    metrics.answered(answered({ status: undefined, fault: 'client_gone' }));
    const text = await metrics.text();
    expect(text).toContain(`banyan_faults_total{http_route="${RENAME}",code="backend_unreachable"} 1`);
    expect(text).toContain(`banyan_faults_total{http_route="${RENAME}",code="client_gone"} 1`);
    expect(text.match(/duration_seconds_count/g)).toHaveLength(1);
  });

  it('show modes, comparisons, lag, doubt, alarms, what is stuck, and uploads that wait', async () => {
    await flags.change({ target: 'GET /api/chats', mode: 'shadow', who: 'ada', why: 'try' });
    tally.compared('GET /api/chats', { verdict: 'matched', differences: [] });
    const text = await metrics.text();
    for (const line of [
      'banyan_route_mode{http_route="GET /api/chats",banyan_mode="shadow"} 1',
      'banyan_route_mode{http_route="GET /api/chats",banyan_mode="legacy"} 0',
      'banyan_comparisons_total{http_route="GET /api/chats",verdict="matched"} 1',
      'banyan_journal_lag_entries{banyan_backend="legacy"} 2',
      'banyan_journal_lag_seconds 7.5',
      'banyan_journal_bodies_bytes 4096',
      'banyan_journal_bodies_limit_bytes 65536',
      'banyan_journal_doubt_entries 3',
      'banyan_journal_stuck_entries 1',
      'banyan_outside_conflicts 1',
      'banyan_outside_foreign_total 1',
      'banyan_outside_adopted_total 2',
      'banyan_outside_withheld 7',
      'banyan_audit_looks_total 12',
      'banyan_audit_compared_total 34',
      'banyan_journal_up 1',
      `banyan_route_alarm{http_route="${RENAME}",code="unsupported_id"} 1`,
      `banyan_route_alarm{http_route="${RENAME}",code="untied_model_call"} 0`,
      'banyan_model_calls_untied_total 3',
      'banyan_diff_keys_total{outcome="equal"} 40',
      'banyan_diff_keys_total{outcome="disturbed"} 2',
      'banyan_diff_different_keys 1',
      'banyan_diff_last_clean_timestamp_seconds 1769850900',
      'banyan_jobs{status="queued"} 5',
      'banyan_job_age_seconds 42',
      'banyan_reconciler_backlog_jobs{reason="undelivered"} 2',
      'banyan_reconciler_backlog_jobs{reason="ownerless"} 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^nodejs_eventloop_delay_p99_seconds \d/m);
  });

  it('show which guards have acted, which cannot, what the flag file does not say, and what was not compared', async () => {
    await flags.change({ target: 'GET /api/health', mode: 'shadow', who: 'ada', why: 'try' });
    makeUnwritable(place.file);
    await flags.rollback({ target: 'GET /api/health', who: 'guard', why: 'bad', how: 'guard' });
    tally.notCompared('GET /api/chats', 'moving');
    const text = await metrics.text();
    for (const line of [
      'banyan_guard_acted{http_route="GET /api/health"} 1',
      'banyan_guard_acted{http_route="GET /api/chats"} 0',
      `banyan_guard_blocked{http_route="${RENAME}"} 1`,
      'banyan_flags_unwritten{http_route="GET /api/health"} 1',
      'banyan_not_compared_total{http_route="GET /api/chats",reason="moving"} 1',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('count what had to wait for its keys or for the mirror, and what the application counts', async () => {
    metrics.answered(answered({ held: 260 }));
    own.inc(3);
    const text = await metrics.text();
    for (const line of [
      `banyan_hold_duration_seconds_sum{http_route="${RENAME}"} 0.26`,
      'shop_orders_total 3',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('say that the journal cannot be asked, instead of what it said before', async () => {
    await metrics.text();
    journal = () => Promise.reject(new Error('away'));
    const text = await metrics.text();
    expect(text).toMatch(/^banyan_journal_up 0$/m);
    expect(text).not.toMatch(/^banyan_journal_lag_seconds \d/m);
    expect(text).toMatch(/^banyan_flags_epoch \d/m);
  });
});

describe('what went through lately', () => {
  it('is rate, errors and durations of each backend, of the last minute', () => {
    let now = 0;
    const traffic = new Traffic(() => now);
    for (let i = 0; i < 100; i++) {
      now += 100;
      traffic.answered(answered({ milliseconds: i < 98 ? 10 : 1000, status: i % 10 === 0 ? 500 : 200 }));
      traffic.answered(answered({ backend: 'legacy', milliseconds: 20 }));
    }
    const { legacy, new: fresh } = traffic.of(RENAME);
    expect(fresh?.rate).toBeCloseTo(10);
    expect(fresh?.errors).toBeCloseTo(0.1);
    expect(fresh?.p50).toBeGreaterThan(9);
    expect(fresh?.p50).toBeLessThan(13);
    expect(fresh?.p99).toBeGreaterThan(900);
    expect(legacy).toMatchObject({ errors: 0 });
    now += 120_000;
    expect(traffic.of(RENAME)).toEqual({});
  });
});
