/** The import table as docs/architecture.md shows it: a picture in Mermaid, and the same as a table. */
import { groups, importTable, type Row } from './table.ts';

const BEGIN = '<!-- The import table, written by `npm run architecture:docs` -->';
const END = '<!-- end of the import table -->';

const id = (name: string) => name.replace(/\W+/g, '_');
const inGroup = (name: keyof typeof groups) =>
  importTable.filter(({ folder }) => groups[name].some((part) => part === folder));

function subgraph(name: 'tool' | 'application', title: string): string[] {
  return [
    `  subgraph ${name}["${title}"]`,
    ...inGroup(name).map(({ folder, is }) => `    ${id(folder)}["${folder}<br/>${is}"]`),
    '  end',
  ];
}

/** Rows that may import everything share one node: their arrows would hide the others. */
const isTop = ({ imports }: Row) => imports.includes('everything');

function picture(): string {
  const drawn = importTable.filter((row) => !isTop(row) && !row.folder.includes('/'));
  const top = importTable.filter(isTop).map(({ folder }) => folder);
  return [
    '```mermaid',
    'flowchart TD',
    ...subgraph('tool', 'the tool'),
    ...subgraph('application', 'the application'),
    ...drawn
      .filter(({ folder }) => ![...groups.tool, ...groups.application].some((name) => name === folder))
      .map(({ folder, is }) => `  ${id(folder)}["${folder}<br/>${is}"]`),
    `  top["${top.join(', ')}"] --> tool & application`,
    ...drawn.flatMap(({ folder, imports }) =>
      // A group cannot be drawn as a target of what lies in it.
      imports.filter((name) => name !== 'application').map((name) => `  ${id(folder)} --> ${id(name)}`),
    ),
    '  web -. page .-> gateway',
    '```',
  ].join('\n');
}

const words = (names: readonly string[]) => (names.length === 0 ? 'nothing' : names.join(', '));

function table(): string {
  const rows = importTable.map(
    ({ folder, is, imports, tests }) =>
      `| \`${folder}\` | ${is} | ${words(imports)} | ${tests.includes('everything') ? 'everything' : words([...imports, ...tests])} |`,
  );
  return ['| folder | what it is | may import | its tests may import |', '|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** @throws Error where the page has no place for it */
export function withPicture(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('docs/architecture.md has no place for the import table.');
  return `${page.slice(0, begin)}${BEGIN}\n\n${picture()}\n\n${table()}\n\n${page.slice(end)}`;
}
