/** The manifests of the package and of what is bundled in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, bundled, entryPoints, GATEWAY, OLDEST_NODE, parts } from './contents.ts';

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  dependencies: Record<string, string>;
}

export const manifestOf = (root: string, workspace: string): Manifest =>
  JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as Manifest;

/** Sources name each other with `.ts`; what is installed is JavaScript with declarations. */
const compiled = {
  './*.ts': { types: './*.d.ts', default: './*.js' },
  './*.mjs': { types: './*.d.mts', default: './*.mjs' },
};

/** Where an entry point's file is in the package, without its ending. */
export const nameOf = (path: string): string => (path === '.' ? 'index' : path.slice(2));

/** The package's own: what its parts need of others, pinned as theirs, and the parts themselves, which it brings along. */
export function packageManifest(root: string): object {
  const { version, license } = manifestOf(root, '.');
  const { name, description } = manifestOf(root, GATEWAY);
  const dependencies = Object.assign(
    {},
    ...parts.map((part) => manifestOf(root, part).dependencies),
  ) as Record<string, string>;
  delete dependencies[name];
  for (const part of bundled) dependencies[manifestOf(root, part).name] = manifestOf(root, part).version;
  const entries = entryPoints.map(({ path }) => [
    path,
    { types: `./${nameOf(path)}.d.ts`, default: `./${nameOf(path)}.js` },
  ]);
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: `>=${OLDEST_NODE}` },
    bin: { [bin.name]: bin.file.replace(/^gateway\//, '').replace(/\.ts$/, '.js') },
    exports: { ...(Object.fromEntries(entries) as object), ...compiled, './package.json': './package.json' },
    dependencies: Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
    bundleDependencies: bundled.map((part) => manifestOf(root, part).name),
  };
}

/** A bundled part finds what it needs of others beside the package, which declares it. */
export function bundledManifest(root: string, part: string): object {
  const { name, version, description, license } = manifestOf(root, part);
  return { name, version, description, license, type: 'module', exports: compiled };
}

/** The module behind an entry point. */
export function entrySource(root: string, files: readonly string[]): string {
  return files
    .map((file) => {
      const [part = '', ...path] = file.split('/');
      const place =
        part === GATEWAY ? `./${path.join('/')}` : `${manifestOf(root, part).name}/${path.join('/')}`;
      return `export * from '${part === GATEWAY ? place.replace(/\.ts$/, '.js') : place}';\n`;
    })
    .join('');
}
