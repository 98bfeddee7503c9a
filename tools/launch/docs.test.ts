/** What the documentation names is there: commands, their options, variables, metrics, scripts, files and routes. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandsOf } from '@banyan/gateway/cli/commands/index.ts';
import type { CliContext } from '@banyan/gateway/cli/context.ts';
import { nothingFound } from '@banyan/gateway/continuity/audit/state.ts';
import { Metrics } from '@banyan/gateway/metrics/metrics.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { importing } from '../../banyan.import.ts';
import { readSettings, settingNames } from '../../banyan.settings.ts';
import { routeTable } from '../../contract/routes.ts';
import { quirkTable } from '../../services/quirks.ts';
import { UploadMetrics } from '../../services/worker/upload-metrics.ts';

const root = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: root }).sort(),
];
const text = (page: string) => readFileSync(join(root, page), 'utf8');

const program = new Command();
const nobody = { settings: () => readSettings({}), python: () => Promise.resolve('') };
let metricNames: string[];

beforeAll(async () => {
  for (const define of commandsOf({ importing: importing(nobody) })) define(program, {} as CliContext);
  const metrics = new Metrics({
    flags: { current: { epoch: 0, routes: new Map(), phases: new Map(), guards: undefined, sample: 1 } },
    journal: () => Promise.reject(new Error('none')),
    audit: () => nothingFound,
    alarms: () => [],
    untiedCalls: () => 0,
    sync: () => [],
    diffs: {
      counts: { equal: 0, different: 0, disturbed: 0, unavailable: 0 },
      differentKeys: 0,
      lastClean: 0,
    },
    work: () => Promise.reject(new Error('none')),
  });
  new UploadMetrics().register(metrics.registry);
  metricNames = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
  await metrics.close();
});

/** Variables of others: of npm, of containers, of the system. */
const foreign = new Set(['BANYAN_USER', 'CHROME_BIN', 'LEGACY_HOST', 'PYTHON', 'TZ', 'NAME_FILE']);
const isVariable = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^(?:PORT|HOST|CONTINUITY|FORWARDER|PYTHON)$/;

describe.each(pages)('%s', (page) => {
  const code = [...text(page).matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    ([, block, inline]) => block ?? inline ?? '',
  );

  it('names commands and options that are there', () => {
    for (const piece of code)
      for (const [, words = ''] of piece.matchAll(/\bbanyan ([a-z]+(?: [^|\n#;)`]*)?)/g)) {
        const [name = '', ...rest] = words.split(/\s+/);
        const command = program.commands.find((one) => one.name() === name);
        expect(command, `banyan ${words}`).toBeDefined();
        const known = command ? [command, ...command.commands].flatMap(({ options }) => options) : [];
        for (const option of rest.filter((word) => /^--[a-z]/.test(word)))
          expect([...known.map(({ long }) => long), '--help'], `banyan ${words}`).toContain(option);
      }
  });

  it('names scripts of package.json, and files that are there', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: object };
    for (const piece of code)
      for (const [, script = ''] of piece.matchAll(/npm run (?:--silent )?([\w:]+)/g))
        expect(scripts, piece).toHaveProperty([script]);
    for (const [, path = ''] of text(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      expect(existsSync(join(root, dirname(page), path)), path).toBe(true);
    for (const piece of code)
      if (
        /^(?:docs|ops|tools|gateway|suite|compare|operations|route-table|contract|contract-tests|services|migrations|legacy|web|examples)\/[\w./-]+\.\w+$/.test(
          piece,
        )
      )
        expect(existsSync(join(root, piece)), piece).toBe(true);
  });

  it('names variables that are read', () => {
    for (const piece of code) {
      const [name = ''] = piece.split('=');
      if (isVariable.test(name) && !foreign.has(name)) expect(settingNames, piece).toContain(name);
    }
  });

  it('names metrics and routes that are there', () => {
    for (const piece of code) {
      if (/^(?:banyan|nodejs|process)_\w+$/.test(piece) && !/^banyan_(?:backend|mode)$/.test(piece))
        expect(metricNames).toContain(piece);
      if (/^(?:GET|POST|PUT|DELETE) \/api\/\S+$/.test(piece) && !piece.includes('…'))
        expect(routeKeys(routeTable)).toContain(piece);
    }
  });
});

describe('docs/metrics.md', () => {
  it('lists every metric, and no other', () => {
    const listed = [...text('docs/metrics.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...metricNames].sort());
  });
});

describe('docs/retiring-a-quirk.md', () => {
  it('lists every quirk in its own words', () => {
    const rows = Object.entries(quirkTable).map(
      ([name, { asLegacy, retired }]) => `| \`${name}\` | ${asLegacy} | ${retired} |`,
    );
    const listed = text('docs/retiring-a-quirk.md').match(/^\| `.*$/gm);
    expect(listed).toEqual(rows);
  });
});

it('the README claims of continuity what its page says, no more and no less', () => {
  const flat = (page: string) => text(page).replace(/\n[> ]*/g, ' ');
  const [claim = ''] = /An answer that a client got .*? agree on it\./.exec(flat('README.md')) ?? [];
  expect(claim).not.toBe('');
  expect(flat('docs/continuity.md')).toContain(claim);
});
