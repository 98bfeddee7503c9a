/** Documentation, commands, console and errors use the words of docs/glossary.md. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf } from '@banyan/gateway/cli/commands/index.ts';
import type { CliContext } from '@banyan/gateway/cli/context.ts';
import type { FlipAnswer } from '@banyan/gateway/console/api.ts';
import type { Completed, Completion } from '@banyan/gateway/console/completion.ts';
import type { Overview, RouteOverview } from '@banyan/gateway/console/overview.ts';
import type { Status } from '@banyan/gateway/console/status.ts';
import type { Alarm } from '@banyan/gateway/continuity/alarms/alarm.ts';
import type { DoubtfulEntry } from '@banyan/gateway/continuity/journal/doubtful.ts';
import type { LackedWrite } from '@banyan/gateway/continuity/journal/lacked-writes.ts';
import type { Leaving, LeftBehind } from '@banyan/gateway/continuity/journal/leave.ts';
import type { PinnedEntry } from '@banyan/gateway/continuity/journal/pinned.ts';
import type { JournalSize } from '@banyan/gateway/continuity/journal/size.ts';
import type { WaitingEntry } from '@banyan/gateway/continuity/journal/waiting.ts';
import { modeNames } from '@banyan/gateway/continuity/protocol/modes.ts';
import type { Compared, Divergence } from '@banyan/gateway/continuity/shadow/tally.ts';
import { catalogue } from '@banyan/gateway/errors.ts';
import type { AuditEntry } from '@banyan/gateway/flags/model.ts';
import type { Preview } from '@banyan/gateway/preview/preview.ts';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { importing } from '../../banyan.import.ts';
import { entriesOf, entryFor, faultsIn, proseOf, textOfHtml, textsIn } from './glossary.ts';

const root = join(import.meta.dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');
const entries = entriesOf(text('docs/glossary.md'));

/** The chatbot's import, which no test here runs. */
const unused = importing({
  settings: () => {
    throw new Error('not asked here');
  },
  python: async () => '',
});

/** A line that may have a word to avoid, and why. */
const exceptions: [file: string, line: RegExp, reason: string][] = [
  ['docs/glossary.md', /^/, 'it lists the words'],
  ['docs/decisions/0017-claim.md', /lease/, 'a lease is what was considered and not taken'],
  ['gateway/console/status.ts', /new for|new asked/, 'the value of the JSON field `serving`, which is fixed'],
  ['CHANGELOG.md', /pinned/, 'names the JSON field'],
];

/** Fields of the console's JSON: the entry of each, or null for an ordinary word. The compiler asks for every field. */
const fields = [
  {
    mode: 'mode',
    since: null,
    by: null,
    route: 'route',
    serving: null,
    phase: 'phase',
    traffic: null,
    asked: null,
    compared: 'comparison',
    divergences: 'divergence',
    notCompared: 'not compared',
    evidence: 'evidence',
    alarm: 'alarm',
  } satisfies Record<keyof RouteOverview, string | null>,
  {
    application: null,
    ready: null,
    epoch: 'epoch',
    flagFile: 'flag file',
    faults: 'fault',
    alarms: 'alarm',
    unrecorded: null,
    unwritten: 'unwritten',
    guards: 'guard',
    blockedGuards: 'guard',
    actedGuards: 'guard',
    routes: 'route',
    onNew: 'the new backend',
    phases: 'phase',
    journal: 'journal',
    sync: 'first sync',
    work: null,
    jobs: 'job',
    history: 'audit log',
    divergences: 'divergence',
  } satisfies Record<keyof Overview | keyof Status, string | null>,
  {
    question: null,
    isRunning: null,
    changes: null,
    left: 'left behind',
    findings: null,
    isRefused: null,
    without: 'left behind',
  } satisfies Record<keyof Preview, string | null>,
  {
    changed: null,
    epoch: 'epoch',
    left: 'left behind',
    restored: null,
    unwritten: null,
    atOnce: null,
  } satisfies Record<keyof FlipAnswer, string | null>,
  {
    id: null,
    route: 'route',
    keys: 'key',
    state: null,
    since: null,
    reason: null,
  } satisfies Record<keyof LackedWrite, string | null>,
  {
    entries: 'entry',
    bytes: null,
    bodies: 'body',
    lag: 'lag',
    oldest: 'lag',
    underWay: 'under way',
    doubt: 'in doubt',
    divergent: 'divergence',
    pinned: 'stuck',
    waiting: 'waiting',
    doubtful: 'in doubt',
    legacy: null,
    conflicts: 'conflict',
  } satisfies Record<keyof JournalSize, string | null>,
  {
    id: null,
    route: 'route',
    side: 'side',
    keys: 'key',
    reason: null,
    age: null,
    overtaken: 'left behind',
    behind: 'behind',
    on: 'waiting',
    work: 'waiting',
    since: null,
    until: 'waiting',
    settledAt: null,
  } satisfies Record<
    keyof PinnedEntry | keyof WaitingEntry | keyof DoubtfulEntry | keyof LeftBehind,
    string | null
  >,
  { left: 'left behind', held: 'left behind' } satisfies Record<keyof Leaving, string | null>,
  {
    route: 'route',
    matched: null,
    accepted: 'accepted divergence',
    divergent: 'divergence',
    failed: null,
    notCompared: 'not compared',
    id: null,
    time: null,
    differences: null,
  } satisfies Record<keyof Compared | keyof Divergence, string | null>,
  {
    time: null,
    who: null,
    route: 'route',
    from: null,
    to: null,
    why: null,
    how: null,
    epoch: 'epoch',
    lacking: 'evidence',
    alarm: 'alarm',
    lifted: 'lift',
    skipped: 'skip',
    decided: 'skip',
    unwritten: 'unwritten',
  } satisfies Record<keyof AuditEntry, string | null>,
  {
    route: 'route',
    code: null,
    since: null,
    last: null,
    count: null,
    example: null,
    what: null,
    do: null,
  } satisfies Record<keyof Alarm, string | null>,
  {
    routes: 'route',
    obstacles: null,
    changed: null,
    epoch: 'epoch',
    drained: 'drained',
  } satisfies Record<keyof Completion | keyof Completed, string | null>,
];

/** Units and ordinary words in the names of metrics. */
const ordinary = new Set(
  'banyan total seconds bytes size limit age duration calls up model different last clean timestamp known ended entities'.split(
    ' ',
  ),
);

const pages = globSync(['*.md', 'docs/**/*.md', 'contract-tests/README.md'], { cwd: root });
const sources = globSync(
  '{gateway,suite,compare,operations,route-table,tools/{launch,setup}}/**/*.{ts,js,mjs}',
  {
    cwd: root,
    exclude: ['**/*.test.ts', '**/{test,testing}/**', '**/fixture.ts'],
  },
);
const html = globSync('gateway/console/page/*.html', { cwd: root });

const allowed = (file: string, fault: string) =>
  exceptions.some(([of, line]) => of === file && line.test(fault));
const faultsOf = (file: string, shown: string) =>
  faultsIn(shown, entries).filter((fault) => !allowed(file, fault));

describe('every term has its entry', () => {
  it.each(modeNames)('the mode %s', (mode) => expect(entryFor(mode, entries)).toBeDefined());

  it('every command', () => {
    const program = new Command();
    for (const define of commandsOf({ importing: unused })) define(program, {} as CliContext);
    const names = program.commands.flatMap((command) => [
      command.name(),
      ...command.commands.map((sub) => `${command.name()} ${sub.name()}`),
    ]);
    expect(names.length).toBeGreaterThan(12);
    const lacking = names.filter((name) => !(entryFor(name, entries) ?? entryFor(`banyan ${name}`, entries)));
    expect(lacking).toEqual([]);
  });

  it('every part of the name of a metric', () => {
    const names = [...text('docs/metrics.md').matchAll(/^\| `(banyan_\w+)` \|/gm)].map(
      ([, name = '']) => name,
    );
    expect(names.length).toBeGreaterThan(15);
    const lacking = names.filter(
      (name) =>
        !entryFor(name, entries) &&
        name.split('_').some((part) => !(ordinary.has(part) || entryFor(part, entries))),
    );
    expect(lacking).toEqual([]);
  });

  it.each(fields.flatMap((type) => Object.entries(type)))('the JSON field %s: %s', (field, word) => {
    if (word === null) return;
    const entry = entries.find((one) => one.word === word);
    expect(entry, word).toBeDefined();
    expect(entryFor(field, entry ? [entry] : []), `${word} lists \`${field}\``).toBeDefined();
  });
});

describe('words to avoid are not used', () => {
  it.each(pages)('in %s', (file) => expect(faultsOf(file, proseOf(text(file)))).toEqual([]));

  it('in the texts of commands, console, log and reports', () => {
    expect(sources.length).toBeGreaterThan(200);
    const faults = sources.flatMap((file) =>
      faultsOf(file, textsIn(text(file)).join('\n')).map((fault) => `${file}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it.each(html)('on %s', (file) => expect(faultsOf(file, textOfHtml(text(file)))).toEqual([]));

  it('in the catalogue of errors', () => {
    const says = Object.values(catalogue).flatMap((entry) => [entry.says, entry.do]);
    expect(faultsOf('gateway/errors.ts', says.join('\n').replace(/`[^`]*`/g, '`…`'))).toEqual([]);
  });

  it('in the summaries of alerts', () => {
    const summaries = [...text('ops/alerts.yml').matchAll(/summary: (.*)/g)].map(([, line = '']) => line);
    expect(summaries.length).toBeGreaterThan(10);
    expect(faultsOf('ops/alerts.yml', summaries.join('\n'))).toEqual([]);
  });
});

describe('the glossary', () => {
  it('has each word and each fixed name once', () => {
    const all = entries.flatMap(({ word, names }) => [word, ...names.filter((name) => name !== word)]);
    expect(all.filter((word, i) => all.indexOf(word) !== i)).toEqual([]);
  });

  it.each([
    ['Two writes are pinned.', '"pinned" is "stuck"'],
    ['A divergence or a mismatch.', '"mismatch" is "divergence"'],
    ['The mirror feeds legacy.', '"feed" is "give"'],
    ['The route is on new.', '"new" is "the new backend"'],
    ["It is new's answer.", '"new" is "the new backend"'],
    ['Reads that new serves.', '"new" is "the new backend"'],
  ])('finds the fault in: %s', (line, fault) => {
    expect(faultsIn(line, entries)).toEqual([`${fault}: ${line}`]);
  });

  it.each(['The new backend has a new id.', 'A `…` write is stuck.', 'Nothing new in it'])(
    'finds no fault in: %s',
    (line) => expect(faultsIn(line, entries)).toEqual([]),
  );
});
