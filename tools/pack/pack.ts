/** Makes the package: compiles what its entry points reach, and has npm pack it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compile } from './compile.ts';
import { bundled, entryPoints, GATEWAY } from './contents.ts';
import { bundledManifest, entrySource, manifestOf, nameOf, packageManifest } from './manifest.ts';
import { sourcesOf } from './sources.ts';

/**
 * @param folder where the tarball goes
 * @returns its path
 * @throws Error where a source is missing, leads out of the package, or does not compile
 */
export function pack(root: string, folder: string): string {
  const work = mkdtempSync(join(tmpdir(), 'pack-'));
  try {
    const stage = join(work, 'package');
    stagePackage(root, work, stage);
    mkdirSync(folder, { recursive: true });
    const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: stage,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return join(folder, fileNameIn(said));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** npm says a list of packages, or since npm 12 an object by name. */
function fileNameIn(said: string): string {
  const [packed] = Object.values(JSON.parse(said) as Record<string, { filename: string }>);
  if (!packed) throw new Error(`npm pack said nothing of a tarball: ${said}`);
  return packed.filename;
}

function stagePackage(root: string, work: string, stage: string): void {
  const { code, assets } = sourcesOf(root);
  const compiled = join(work, 'compiled');
  compile(root, code, compiled, join(work, 'tsconfig.json'));
  for (const asset of assets) {
    mkdirSync(dirname(join(compiled, asset)), { recursive: true });
    cpSync(join(root, asset), join(compiled, asset));
  }
  renameSync(join(compiled, GATEWAY), stage);
  for (const part of bundled) {
    const place = join(stage, 'node_modules', manifestOf(root, part).name);
    mkdirSync(dirname(place), { recursive: true });
    renameSync(join(compiled, part), place);
    writeJson(join(place, 'package.json'), bundledManifest(root, part));
  }
  for (const { path, files } of entryPoints)
    for (const ending of ['.js', '.d.ts'])
      writeFileSync(join(stage, `${nameOf(path)}${ending}`), entrySource(root, files));
  writeJson(join(stage, 'package.json'), packageManifest(root));
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  cpSync(join(root, 'docs/package.md'), join(stage, 'README.md'));
}

const writeJson = (path: string, value: object) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
