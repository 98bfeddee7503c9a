import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { explain } from './npm.mjs';
import { family, isRunning, killStarted, startProcess, until } from './testing/processes.ts';

// Each of these runs npm, beside whatever else the machine does.
vi.setConfig({ testTimeout: 180_000 });

const repository = join(import.meta.dirname, '../..');
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  for (const folder of ['tools/setup', 'operations/processes'])
    for (const name of await readdir(join(repository, folder)))
      if (name.endsWith('.mjs')) await cp(join(repository, folder, name), join(root, folder, name));
  await fakeNode();
  await project({ node: 'file:node-24' });
});
afterEach(async () => {
  killStarted();
  await rm(root, { recursive: true, force: true });
});

/** Stands for the package `node`, whose 120 MB are not needed to see what is done with it. */
async function fakeNode() {
  const folder = join(root, 'node-24');
  await mkdir(folder);
  await writeFile(
    join(folder, 'package.json'),
    '{"name": "node", "version": "24.0.0", "bin": {"node": "node.sh"}}',
  );
  await writeFile(join(folder, 'node.sh'), `#!/bin/sh\nFROM_PACKAGE=yes exec '${process.execPath}' "$@"\n`, {
    mode: 0o755,
  });
}

/** A project with a lock file for these dependencies. */
async function project(dependencies: Record<string, string>, packages: Record<string, object> = {}) {
  const scripts = { start: 'exec node tools/setup/bootstrap.mjs script.ts' };
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'trial', scripts, dependencies }));
  const lock = {
    name: 'trial',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'trial', dependencies },
      'node_modules/node': { resolved: 'node-24', link: true },
      'node-24': { name: 'node', version: '24.0.0', bin: { node: 'node.sh' } },
      ...packages,
    },
  };
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock));
}

const script = (text: string) => writeFile(join(root, 'script.ts'), text);

const environment = (more: Record<string, string> = {}) => {
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name),
  );
  return { ...Object.fromEntries(env), ...more };
};

const start = (args: string[] = [], env: Record<string, string> = {}) =>
  startProcess(process.execPath, ['tools/setup/bootstrap.mjs', 'script.ts', ...args], {
    cwd: root,
    env: environment(env),
  });

describe('installing', () => {
  it('installs what is missing, runs the script under the package’s Node, and is silent the second time', async () => {
    await script('console.log(process.env.FROM_PACKAGE, process.argv.slice(2)); process.exitCode = 7;');
    const first = start(['a', '--b']);
    expect(await first.ended).toEqual({ code: 7, signal: null });
    expect(first.lines).toEqual([
      'The npm packages are not there yet: installing them, Node 24 among them (npm ci) …',
      expect.stringMatching(/^Installed the npm packages in \d+ s\.$/),
      "yes [ 'a', '--b' ]",
    ]);
    const second = start();
    expect(await second.ended).toEqual({ code: 7, signal: null });
    expect(second.lines).toEqual(['yes []']);
  });

  it('installs again for another lock file, and after an installation that broke off', async () => {
    await script('console.log("runs")');
    await start().ended;
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    lock.packages['node-24'].version = '24.0.1';
    await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock));
    await writeFile(
      join(root, 'node-24/package.json'),
      '{"name": "node", "version": "24.0.1", "bin": {"node": "node.sh"}}',
    );
    const other = start();
    await other.ended;
    expect(other.lines[0]).toMatch(/^package-lock\.json asks for other npm packages: installing them/);
    await rm(join(root, 'node_modules/.package-lock.json'));
    const broken = start();
    await broken.ended;
    expect(broken.lines[0]).toMatch(/: installing them/);
    expect(broken.lines.at(-1)).toBe('runs');
  });

  it('installs once when two start together', async () => {
    await script('console.log("runs")');
    const both = [start(), start()];
    for (const one of both) expect(await one.ended, one.text()).toEqual({ code: 0, signal: null });
    const said = both.flatMap(({ lines }) => lines);
    expect(said.filter((line) => line.includes('installing them'))).toHaveLength(1);
    expect(said.filter((line) => line === 'runs')).toHaveLength(2);
  });

  it('says in one line that the registry cannot be reached', async () => {
    await script('console.log("runs")');
    await project(
      { node: 'file:node-24', 'left-pad': '1.3.0' },
      { 'node_modules/left-pad': { version: '1.3.0' } },
    );
    const env = {
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
      npm_config_cache: join(root, 'cache'),
    };
    const process = start([], env);
    expect(await process.ended).toEqual({ code: 1, signal: null });
    expect(process.lines).toHaveLength(2);
    expect(process.lines[1]).toMatch(
      /^The npm packages could not be installed: .*ECONNREFUSED.*\. Check the network, the proxy .* run this again; the whole output is in .*npm-ci\.log\.$/,
    );
  });

  it('says in one line that the lock file does not fit', async () => {
    await script('console.log("runs")');
    await cp(join(root, 'node-24'), join(root, 'other'), { recursive: true });
    await project({ node: 'file:node-24', other: 'file:other' });
    const process = start();
    expect(await process.ended).toEqual({ code: 1, signal: null });
    expect(process.lines.slice(1)).toEqual([
      'The npm packages could not be installed: package.json and package-lock.json disagree. Run `npm install`, look at what it changed, and run this again.',
    ]);
  });

  it('finds the reason in what npm prints', () => {
    const lines = [
      'npm error code ENOSPC',
      'npm error syscall write',
      'npm error errno -28',
      'npm error nospc ENOSPC: no space left on device, write',
    ];
    expect(explain(lines, 'npm-ci.log')).toBe(
      'The npm packages could not be installed: nospc ENOSPC: no space left on device, write (ENOSPC). Put that right, then run this again; the whole output is in npm-ci.log.',
    );
  });
});

describe('stopping', () => {
  const untilTold = `
    process.on('SIGTERM', () => { console.log('told'); setTimeout(() => process.exit(3), 200); });
    process.once('disconnect', () => process.exit(4));
    console.log('up', process.pid);
    setInterval(() => {}, 1000);`;
  const pidOf = (line: string) => Number(line.split(' ')[1]);

  it('passes a signal on, waits, and ends with the script’s code', async () => {
    await script(untilTold);
    const bootstrap = start();
    await bootstrap.line(/^up/);
    bootstrap.child.kill('SIGTERM');
    expect(await bootstrap.ended).toEqual({ code: 3, signal: null });
    expect(bootstrap.lines).toContain('told');
  });

  it('ends with 128 and the number of the signal that ended the script', async () => {
    await script("process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");
    expect(await start().ended).toEqual({ code: 137, signal: null });
  });

  it('lets the script know when it is killed outright', async () => {
    await script(untilTold);
    const bootstrap = start();
    const pid = pidOf(await bootstrap.line(/^up/));
    bootstrap.child.kill('SIGKILL');
    await until(() => !isRunning(pid), 5000, 'the end of the script');
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves nothing behind when npm alone gets %s', async (signal) => {
    await script(untilTold);
    const npm = startProcess('npm', ['start'], { cwd: root, env: environment() });
    await npm.line(/^up/);
    const members = family(npm.pid);
    expect(members.length).toBeGreaterThanOrEqual(3);
    process.kill(npm.pid, signal);
    await until(() => members.every((pid) => !isRunning(pid)), 5000, 'the end of all of them');
    expect(npm.lines).toContain('told');
  });
});
