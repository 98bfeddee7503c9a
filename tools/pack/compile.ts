/** TypeScript to JavaScript with declarations, for Node without type stripping, which it refuses in node_modules. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The compiler warns that it leaves `@banyan/compare/accept.ts` as it is, being no relative path: the bundled part's exports
 * map leads from there to the JavaScript.
 */
const leftAsItIs = 'error TS2877: ';

/**
 * Compiles the files, each to its own place below `folder`.
 * @param settings where the compiler's settings may be written
 * @throws Error with what the compiler says
 */
export function compile(root: string, files: readonly string[], folder: string, settings: string): void {
  mkdirSync(dirname(settings), { recursive: true });
  writeFileSync(settings, JSON.stringify(settingsOf(root, files, folder), null, 2));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '--project', settings, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const faults = stdout.split('\n').filter((line) => line && !line.includes(leftAsItIs));
  if (faults.length > 0) throw new Error(`The package does not compile:\n${faults.join('\n')}`);
  for (const file of files) {
    const emitted = join(folder, file.replace(/\.(m?)ts$/, '.$1js'));
    writeFileSync(emitted, withCompiledPaths(readFileSync(emitted, 'utf8')));
  }
}

const settingsOf = (root: string, files: readonly string[], folder: string) => ({
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    // `await using` is more than Node 22 has: the compiler writes it out.
    target: 'es2024',
    rootDir: root,
    outDir: folder,
    typeRoots: [join(root, 'node_modules/@types')],
  },
  files: files.map((file) => join(root, file)),
  include: [],
});

/** The compiler knows the paths of imports. Those of threads and child processes are strings to it. */
const ofPrograms =
  /(new URL\(\s*['"][^'"]+|join\(\s*import\.meta\.dirname\s*(?:,\s*['"][^'"]+['"]\s*)*,\s*['"][^'"]+)\.ts(?=['"])/g;

export const withCompiledPaths = (source: string): string => source.replace(ofPrograms, '$1.js');
