import { expect, it } from 'vitest';
import { UploadMetrics } from '../../services/worker/upload-metrics.ts';
import { workerMetrics } from './worker-metrics.ts';

it('the metrics of a worker are its uploads and its process', async () => {
  const uploads = new UploadMetrics();
  uploads.attempted('done', 2);
  uploads.attempted('retried', 1);
  uploads.attempted('failed', 1);
  uploads.foundLost(3);
  const worker = workerMetrics(uploads);
  const text = await worker.text();
  await worker.close();
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names).toEqual([
    'banyan_job_attempt_duration_seconds',
    'banyan_jobs_redelivered_total',
    'nodejs_eventloop_delay_p99_seconds',
    'nodejs_eventloop_delay_max_seconds',
    'nodejs_eventloop_utilization_ratio',
    'process_memory_usage_bytes',
    'process_uptime_seconds',
  ]);
  for (const line of [
    'banyan_job_attempt_duration_seconds_bucket{le="2.5",outcome="done"} 1',
    'banyan_job_attempt_duration_seconds_count{outcome="retried"} 1',
    'banyan_job_attempt_duration_seconds_count{outcome="failed"} 1',
    'banyan_jobs_redelivered_total 3',
  ])
    expect(text.split('\n')).toContain(line);
});
