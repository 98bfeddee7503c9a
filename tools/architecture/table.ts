/**
 * The import table: which folder may import which. `imports.test.ts` holds the code to it, and the picture in
 * docs/architecture.md is made of it. A path's row is the one with the longest folder that the path lies in.
 */

/** Folders that are named together. `everything` is any file of the repository. */
export const groups = {
  tool: ['route-table', 'operations', 'compare', 'gateway', 'suite'],
  application: ['contract', 'services', 'migrations', 'web', 'contract-tests', 'legacy', 'banyan.*.ts'],
  everything: ['*'],
} as const;

export interface Row {
  /** A folder, or a pattern of file names at the root. */
  folder: string;
  /** What it is, in a few words for the reader of the picture. */
  is: string;
  /** What its production files may import, types included: folders or names of `groups`. */
  imports: readonly string[];
  /** What its tests may import as well. */
  tests: readonly string[];
}

/** Tests of the tool know no application: they may set up what they run on. */
const SETUP = ['tools/setup'];
/** Tests of the application may run all of it, and the tool that moves it. */
const ANYTHING = ['everything'];

export const importTable: readonly Row[] = [
  { folder: 'route-table', is: 'types and checks of a route', imports: [], tests: SETUP },
  { folder: 'operations', is: 'what a new backend takes of the tool', imports: [], tests: SETUP },
  { folder: 'compare', is: 'two answers in, differences out', imports: ['route-table'], tests: SETUP },
  {
    folder: 'gateway',
    is: 'in front of both backends',
    imports: ['route-table', 'compare', 'operations'],
    tests: SETUP,
  },
  {
    folder: 'suite',
    is: 'replays, generates, writes evidence',
    imports: ['route-table', 'compare', 'gateway', 'operations'],
    tests: SETUP,
  },
  { folder: 'examples', is: 'small applications to move', imports: ['tool'], tests: SETUP },
  { folder: 'contract', is: 'routes, schemas and prompts', imports: ['route-table'], tests: ANYTHING },
  { folder: 'services', is: 'the new backend', imports: ['contract', 'operations'], tests: ANYTHING },
  {
    folder: 'migrations',
    is: 'its tables, and the import',
    imports: ['services', 'contract', 'operations'],
    tests: ANYTHING,
  },
  { folder: 'web', is: 'the chat page in the browser', imports: [], tests: ANYTHING },
  { folder: 'web/page', is: 'the chat page, served', imports: ['gateway'], tests: ANYTHING },
  { folder: 'legacy', is: 'the old backend', imports: [], tests: ANYTHING },
  {
    folder: 'contract-tests',
    is: 'recordings, grammar, evidence',
    imports: ['tool', 'contract', 'services', 'migrations'],
    tests: ANYTHING,
  },
  {
    folder: 'banyan.*.ts',
    is: 'puts tool and application together',
    imports: ['tool', 'application'],
    tests: ANYTHING,
  },
  { folder: 'tools', is: 'setup, launch, bench, rehearsal', imports: ['everything'], tests: ANYTHING },
  { folder: 'bin', is: 'the command line', imports: ['everything'], tests: ANYTHING },
  {
    folder: 'tests',
    is: 'tests of tool and application together',
    imports: ['everything'],
    tests: ANYTHING,
  },
];

/** Programs that try a part of the application, as tests do, and take minutes: they are held to the row of tests. */
const trial = /(^|\/)(crashes|parity|corpus)\//;

/** Whether a file is there for tests alone. */
export const isTest = (file: string): boolean =>
  /\.test\.[a-z]+$|(^|\/)(test|tests|testing)\/|\/(testing|fixture)\.ts$/.test(file) || trial.test(file);

/** Whether a path is, or lies in, what a row or an entry of `imports` names. */
export function isIn(path: string, name: string): boolean {
  if (name === '*') return true;
  if (name.includes('*')) return path.startsWith(name.split('*')[0] ?? '') && !path.includes('/');
  return path === name || path.startsWith(`${name}/`);
}

/** @returns undefined for what no row is about: documents, settings of tools */
export function rowOf(path: string, table = importTable): Row | undefined {
  return table
    .filter(({ folder }) => isIn(path, folder))
    .reduce<Row | undefined>(
      (best, row) => (best && best.folder.length > row.folder.length ? best : row),
      undefined,
    );
}

/** The folders that an entry of `imports` stands for. */
export const foldersOf = (name: string): readonly string[] =>
  name in groups ? groups[name as keyof typeof groups] : [name];
