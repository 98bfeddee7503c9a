/**
 * Runs a TypeScript file of this repository under the Node of its own that the dependencies bring, and installs them
 * first when they are missing:
 *
 *     node tools/setup/bootstrap.mjs tools/launch/start.ts [arguments]
 *
 * Plain JavaScript without dependencies: this much runs under whatever Node (18 or later) the machine has.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChild } from '../../operations/processes/child.mjs';
import { nodeFlags } from './node-flags.mjs';
import { installPackages, NpmProblem } from './npm.mjs';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Makes sure of the packages, runs `script` with the repository's Node and waits for it. The working directory stays
 * as it is. Signals are passed on, and the script ends when this process does, however that ends.
 * @param {string} script relative to the repository
 * @param {string[]} args
 * @param {string} [root] the repository
 * @returns {Promise<number>} the exit code to end with
 */
export async function bootstrap(script, args, root = repository) {
  try {
    if (!packagesAreCurrent(root)) await installPackages(root, () => packagesAreCurrent(root));
  } catch (error) {
    if (!(error instanceof NpmProblem)) throw error;
    if (error.message) console.error(error.message);
    return error.exitCode;
  }
  const child = await runChild(nodeOf(root), [...nodeFlags, resolve(root, script), ...args], {
    env: { NODE_COMPILE_CACHE: compileCache(root), ...process.env },
    // The channel tells the script when this process is gone, even by SIGKILL.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  return child.exitCode;
}

/**
 * What Node has compiled once is read from here the next time, by every process that is started from ours.
 * @param {string} root
 */
export const compileCache = (root) => join(root, 'node_modules/.cache/compiled');

/** @param {string} root */
const nodeOf = (root) => join(root, 'node_modules/.bin/node');

/** @param {string} root */
export const packagesAreCurrent = (root) => existsSync(nodeOf(root)) && isInstalled(root);

/**
 * Whether what is installed is what package-lock.json asks for, by npm's own record of what it installed. npm writes that
 * last, so an installation that broke off has none. What prune.mjs takes away changes no record.
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([place, { version, integrity, optional, devOptional }]) => {
    if (place === '') return true;
    const found = installed[place];
    // An optional one is missing where it is for another platform.
    if (!found) return optional === true || devOptional === true;
    return found.version === version && found.integrity === integrity;
  });
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const [, self, script, ...args] = process.argv;
if (self && existsSync(self) && realpathSync(self) === fileURLToPath(import.meta.url)) {
  if (script) process.exitCode = await bootstrap(script, args);
  else {
    console.error('usage: node tools/setup/bootstrap.mjs SCRIPT.ts [arguments]');
    process.exitCode = 2;
  }
}
