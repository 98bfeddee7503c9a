/** Reads which files name which: imports of types too, dynamic imports, and paths that a file makes of its own place. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { foldersOf, importTable, isIn, isTest, type Row, rowOf } from './table.ts';

export interface Import {
  /** The file that names it, from the root. */
  from: string;
  line: number;
  /** As it is written. */
  text: string;
  /** The file or folder that is named, from the root. */
  to: string;
}

const isCode = (path: string) => /\.(?:[cm]?[jt]s|tsx)$/.test(path);

/** The code that git knows or would take, from the root. */
export function codeFiles(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  return listed.split('\n').filter((file) => isCode(file) && existsSync(join(root, file)));
}

const specifier =
  /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+|\bnew URL\(\s*)(['"`])((?:\.{1,2}\/|@banyan\/)[^'"`$]+)\1/gm;
/** `join(import.meta.dirname, '../a', 'b.ts')`, `${import.meta.dirname}/../a/b.ts`. */
const joined =
  /(?:join|resolve)\(\s*import\.meta\.dirname\s*((?:,\s*['"`][^'"`$]+['"`]\s*)+)|\$\{import\.meta\.dirname\}\/([^`$]+)`/g;

/** What the files name of the repository; what is not there is left to the compiler. */
export function importsOf(root: string, files: readonly string[]): Import[] {
  return files.flatMap((from) => {
    const source = readFileSync(join(root, from), 'utf8');
    const at = (index: number) => source.slice(0, index).split('\n').length;
    const found = [
      ...[...source.matchAll(specifier)].map((match) => ({ match, to: resolved(from, match[2] ?? '') })),
      ...[...source.matchAll(joined)].map((match) => {
        const parts = [...(match[1] ?? '').matchAll(/['"`]([^'"`]+)['"`]/g)].map(([, part = '']) => part);
        return { match, to: normalize(join(dirname(from), ...parts, match[2] ?? '')) };
      }),
    ];
    return found
      .filter(({ to }) => to !== '.' && !to.startsWith('..') && existsSync(join(root, to)))
      .map(({ match, to }) => ({
        from,
        line: at(match.index + match[0].length),
        text: match[0].trim().replace(/\s+/g, ' '),
        to,
      }));
  });
}

/** The workspaces have the names of their folders. */
const resolved = (from: string, name: string) =>
  name.startsWith('@banyan/') ? name.slice('@banyan/'.length) : normalize(join(dirname(from), name));

/** Every import that the table does not allow, a line each. */
export function breaches(imports: readonly Import[], table: readonly Row[] = importTable): string[] {
  return imports.flatMap(({ from, line, text, to }) => {
    const row = rowOf(from, table);
    const target = rowOf(to, table);
    // Code without a row at all is a breach of its own; documents and settings are nobody's.
    if (!row)
      return isCode(to) && target ? [`${from}:${line} imports ${to}, and has no row in the table`] : [];
    if (!target || target.folder === row.folder || isIn(to, row.folder)) return [];
    const allowed = isTest(from) ? [...row.imports, ...row.tests] : row.imports;
    if (allowed.flatMap(foldersOf).some((name) => isIn(to, name))) return [];
    const may = allowed.length === 0 ? 'nothing' : allowed.join(', ');
    const who = isTest(from) ? `tests of ${row.folder}` : row.folder;
    return [`${from}:${line}  ${text}\n    names ${to}; ${who} may import ${may}`];
  });
}
