/** Which files of the repository the package needs: what its entry points reach. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeFiles, type Import, importsOf } from '../architecture/imports.ts';
import { isTest } from '../architecture/table.ts';
import { bin, entryPoints, parts } from './contents.ts';

export interface Sources {
  /** To be compiled. */
  code: string[];
  /** To be copied as they are. */
  assets: string[];
}

/**
 * @throws Error that lists every file which is not there, and every import that leads out of the package
 */
export function sourcesOf(root: string): Sources {
  const entries = [bin.file, ...entryPoints.flatMap(({ files }) => files)];
  const missing = entries.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0)
    throw new Error(`The package names files that are not there: ${missing.join(', ')}`);
  const known = codeFiles(root);
  const imports = Map.groupBy(importsOf(root, known), ({ from }) => from);
  const reached = new Set(entries);
  const folders = new Set<string>();
  const outside: Import[] = [];
  for (const file of reached)
    for (const one of imports.get(file) ?? [])
      if (!isPart(one.to) || isTest(one.to)) outside.push(one);
      else if (statSync(join(root, one.to)).isDirectory()) folders.add(one.to);
      else reached.add(one.to);
  if (outside.length > 0) throw new Error(leads(outside));
  const code = [...reached].filter((file) => /\.m?ts$|\.mjs$/.test(file));
  return { code: code.sort(), assets: assetsOf(root, code, folders) };
}

const isPart = (path: string) => parts.some((part) => path.startsWith(`${part}/`));

const leads = (outside: readonly Import[]) =>
  `The package would need files that do not belong to it:\n${outside
    .map(({ from, line, to }) => `  ${from}:${line} imports ${to}`)
    .join('\n')}`;

/** Read by editors, not by the code. */
const forEditors = ['gateway/flags/flags.schema.json'];

/** All of the folders that the code reads from (pages for browsers), files that it names, and those for editors. */
function assetsOf(root: string, code: readonly string[], folders: ReadonlySet<string>): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...parts], {
    cwd: root,
    encoding: 'utf8',
  });
  const sources = code.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const isRead = (file: string) => [...folders].some((folder) => file.startsWith(`${folder}/`));
  const isNamed = (file: string) =>
    !/\.(?:[cm]?[jt]s|tsx)$|(^|\/)package\.json$/.test(file) &&
    new RegExp(`['"\`/]${basename(file).replaceAll('.', '\\.')}['"\`]`).test(sources);
  return listed
    .split('\n')
    .filter((file) => file && existsSync(join(root, file)) && !isTest(file))
    .filter((file) => isRead(file) || isNamed(file) || forEditors.includes(file))
    .sort();
}
