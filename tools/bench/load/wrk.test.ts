import { describe, expect, test } from 'vitest';
import { readWrk } from './wrk.ts';

const report = (extra = '') => `Running 3s test @ http://127.0.0.1:19101/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.44ms    1.02ms  26.29ms   94.90%
    Req/Sec    23.47k     2.68k   26.55k    86.67%
  Latency Distribution
     50%    1.26ms
     75%    1.53ms
     90%  980.00us
     99%    1.10s 
  70030 requests in 3.00s, 30.45MB read
${extra}Requests/sec:  23330.95
Transfer/sec:     10.14MB
`;

describe("wrk's report", () => {
  test('gives requests a second, and latencies in microseconds whatever their unit', () => {
    expect(readWrk(report())).toEqual({
      requestsPerSecond: 23330.95,
      latency: { p50: 1260, p99: 1_100_000 },
      failures: 0,
    });
  });

  test('answers that are not 2xx and broken connections are failures', () => {
    const extra = '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 100\n';
    expect(readWrk(report(extra)).failures).toBe(110);
  });

  test('a report that lacks a figure is a fault', () => {
    expect(() => readWrk('unable to connect to 127.0.0.1:1 Connection refused')).toThrow(
      /nothing like .*Requests/,
    );
  });
});
