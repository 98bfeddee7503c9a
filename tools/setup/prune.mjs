/**
 * `node tools/setup/prune.mjs [FOLDER]`: takes away what packages bring for other machines, 390 MB of 940. npm runs it after
 * it has installed, and so does the Dockerfile. Plain JavaScript without dependencies, as bootstrap.mjs is.
 */
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What is recorded as installed stays recorded: packages are there, without the files that nothing here can load.
 * @param {string} root where node_modules is
 * @param {{ platform: string, arch: string }} [machine]
 */
export function prunePackages(root, machine = process) {
  for (const place of [
    ...otherRuntimes(join(root, 'node_modules/onnxruntime-node/bin'), machine),
    ...browsers(root),
  ])
    rmSync(place, { recursive: true, force: true });
}

/**
 * onnxruntime-node ships its library for every platform: `bin/napi-v6/linux/x64`.
 * @param {string} bin
 * @param {{ platform: string, arch: string }} machine
 */
function otherRuntimes(bin, { platform, arch }) {
  return foldersIn(bin)
    .flatMap(foldersIn)
    .flatMap(foldersIn)
    .filter((place) => !place.endsWith(join('/', platform, arch)));
}

/**
 * What transformers.js imports in browsers alone.
 * @param {string} root
 */
function browsers(root) {
  const place = join(root, 'node_modules/onnxruntime-web');
  return ['dist', 'docs', 'lib'].map((name) => join(place, name));
}

/** @param {string} place */
const foldersIn = (place) =>
  existsSync(place)
    ? readdirSync(place, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [join(place, entry.name)] : [],
      )
    : [];

const [, self, folder = dirname(dirname(dirname(fileURLToPath(import.meta.url))))] = process.argv;
if (self && existsSync(self) && realpathSync(self) === fileURLToPath(import.meta.url)) prunePackages(folder);
