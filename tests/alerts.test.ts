/** The alerts of this installation ask for metrics of the tool and of the chatbot. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nothingFound } from '@banyan/gateway/continuity/audit/state.ts';
import { Metrics } from '@banyan/gateway/metrics/metrics.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { UploadMetrics } from '../services/worker/upload-metrics.ts';

const root = dirname(import.meta.dirname);

describe('ops/alerts.yml', () => {
  interface Rule {
    alert: string;
    expr: string;
    annotations: { summary: string };
  }
  const { groups } = parse(readFileSync(join(root, 'ops/alerts.yml'), 'utf8')) as {
    groups: { rules: Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it('asks for metrics and labels that are there', async () => {
    const metrics = new Metrics({
      flags: { current: { epoch: 0, routes: new Map(), phases: new Map(), guards: undefined, sample: 1 } },
      journal: () => Promise.reject(new Error('none')),
      audit: () => nothingFound,
      alarms: () => [],
      untiedCalls: () => 0,
      diffs: {
        counts: { equal: 0, different: 0, disturbed: 0, unavailable: 0 },
        differentKeys: 0,
        lastClean: 0,
      },
      work: () => Promise.reject(new Error('none')),
      own: new UploadMetrics(),
    });
    onTestFinished(() => metrics.close());
    const known = await metrics.registry.getMetricsAsJSON();
    const labels = new Map<string, string[]>();
    for (const { name } of known) {
      const metric = metrics.registry.getSingleMetric(name) as unknown as { labelNames: string[] };
      for (const suffix of ['', '_bucket', '_count', '_sum']) labels.set(name + suffix, metric.labelNames);
    }
    expect(rules.length).toBeGreaterThan(8);
    for (const { alert, expr } of rules) {
      const names =
        expr
          .match(/\b[a-z]\w*_\w+(?=[{[ )]|$)/g)
          ?.filter(
            (name) => !/^(http_route|histogram_quantile)$/.test(name) && !/^(banyan_backend)$/.test(name),
          ) ?? [];
      if (!/^up\b/.test(expr)) expect(names.length, alert).toBeGreaterThan(0);
      for (const name of names) expect([...labels.keys()], alert).toContain(name);
      const wanted = [
        ...[...expr.matchAll(/(\w+)(?==~?")/g)].map(([name]) => name),
        ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', ')),
      ].filter((label) => label !== 'job' && label !== 'le');
      const has = new Set(names.flatMap((name) => labels.get(name) ?? []));
      for (const label of wanted) expect([...has], `${alert}: ${label}`).toContain(label);
    }
  });

  it('is explained in the runbook, alert by alert', () => {
    const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    for (const { alert, annotations } of rules) {
      expect(runbook).toContain(`\`${alert}\``);
      expect(annotations.summary).toBeTruthy();
    }
  });

  it('is scraped where the console and the workers are', () => {
    const { scrape_configs: jobs } = parse(readFileSync(join(root, 'ops/prometheus.yml'), 'utf8')) as {
      scrape_configs: { job_name: string; metrics_path: string }[];
    };
    expect(jobs).toMatchObject([
      { job_name: 'banyan', metrics_path: '/metrics' },
      { job_name: 'banyan-worker', metrics_path: '/metrics' },
    ]);
  });
});
