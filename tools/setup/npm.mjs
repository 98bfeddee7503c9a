// Plain JavaScript, as bootstrap.mjs is. Its messages are here and not in the error catalogue, which is TypeScript.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { runChild } from '../../operations/processes/child.mjs';
import { withLock } from '../../operations/processes/lock.mjs';

/** Why there are no packages, in one line for the person at the terminal; none when it was they who stopped it. */
export class NpmProblem extends Error {
  /**
   * @param {string} message
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const npmCi = [
  ...['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress'],
  // Several packages want a newer Node than the machine's: the one that is being installed.
  '--no-engine-strict',
  // npm's own 10 s and 60 s between tries look like a hang.
  ...['--fetch-retry-mintimeout=2000', '--fetch-retry-factor=3'],
];

/**
 * Runs `npm ci`, one process at a time, unless another one has done it meanwhile.
 * @param {string} root
 * @param {() => boolean} isDone
 * @throws {NpmProblem}
 */
export async function installPackages(root, isDone) {
  const lock = join(root, '.banyan/npm-ci.lock');
  const onWait = (/** @type {number} */ pid) =>
    console.error(`Waiting for another start (process ${pid}) to install the npm packages …`);
  await withLock(
    lock,
    async () => {
      if (isDone()) return;
      const again = existsSync(join(root, 'node_modules'));
      const why = again
        ? 'package-lock.json asks for other npm packages'
        : 'The npm packages are not there yet';
      console.error(`${why}: installing them, Node 24 among them (npm ci) …`);
      const begun = Date.now();
      await runNpm(root);
      if (!isDone())
        throw new NpmProblem(
          'npm ci went through, but Node 24 is not there: allow install scripts (npm config set ignore-scripts false), then run this again.',
        );
      console.error(`Installed the npm packages in ${Math.round((Date.now() - begun) / 1000)} s.`);
    },
    { onWait },
  );
}

/** @param {string} root */
async function runNpm(root) {
  /** @type {string[]} */
  const lines = [];
  const [command, ...args] = npmCommand();
  const begun = Date.now();
  const alive = setInterval(
    () => console.error(`  … still installing (${Math.round((Date.now() - begun) / 1000)} s)`),
    20_000,
  );
  try {
    const { exitCode, interrupted } = await runChild(command, [...args, ...npmCi], {
      cwd: root,
      onLine: (line) => lines.push(line),
    });
    if (interrupted) throw new NpmProblem('', 130);
    if (exitCode !== 0) throw new NpmProblem(explain(lines, keep(root, lines)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new NpmProblem('npm is not to be found: install it, or start this with `npm start`.');
    throw error;
  } finally {
    clearInterval(alive);
  }
}

/**
 * The npm that runs this, if one does, under the Node that it runs under.
 * @returns {[string, ...string[]]}
 */
function npmCommand() {
  const { npm_execpath: path, npm_node_execpath: node } = process.env;
  if (!path || !/^np[mx]-cli\.js$/.test(basename(path))) return ['npm'];
  const npm = join(dirname(path), 'npm-cli.js');
  return existsSync(npm) ? [node ?? process.execPath, npm] : ['npm'];
}

/**
 * @param {string} root
 * @param {string[]} lines
 */
function keep(root, lines) {
  const path = join(root, '.banyan/logs/npm-ci.log');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join('\n')}\n`);
  return relative(process.cwd(), path);
}

const network =
  /^(E4\d\d|E5\d\d|ECONN\w*|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EINTEGRITY|ERR_SOCKET_TIMEOUT|ERR_SSL\w*|.*CERT.*)$/;

/**
 * What npm printed, in one line with what to do.
 * @param {string[]} lines
 * @param {string} log
 */
export function explain(lines, log) {
  const errors = lines.flatMap((line) => /^npm (?:error|ERR!) +(.*)$/.exec(line)?.[1] ?? []);
  const code = errors.map((line) => /^code (\S+)$/.exec(line)?.[1]).find(Boolean) ?? '';
  const reason = errors.find(
    (line) => !/^(code|errno|syscall|path|network|command|A complete log|signal)\b/.test(line),
  );
  const what = `The npm packages could not be installed: ${reason ?? lines.find(Boolean) ?? 'npm said nothing'}`;
  if (code === 'EUSAGE')
    return 'The npm packages could not be installed: package.json and package-lock.json disagree. Run `npm install`, look at what it changed, and run this again.';
  const advice = network.test(code)
    ? 'Check the network, the proxy and `npm config get registry`, then run this again'
    : 'Put that right, then run this again';
  return `${what.replace(/[.:\s]+$/, '')}${code ? ` (${code})` : ''}. ${advice}; the whole output is in ${log}.`;
}
