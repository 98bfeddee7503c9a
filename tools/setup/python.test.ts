import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { SetupContext } from './command.ts';
import { findPython } from './find-python.ts';
import { ensurePython } from './python.ts';
import { readStamp } from './stamp.ts';
import { startProcess, until } from './testing/processes.ts';

// Each of these runs pip, beside whatever else the machine does.
vi.setConfig({ testTimeout: 180_000 });

const pinned = (version: string, hash: string) => `blinker==${version} --hash=sha256:${hash}\n`;
const blinker = {
  '1.9.0': pinned('1.9.0', 'ba0efaa9080b619ff2f3459d1d500c57bddea4a6b424b60a91141db6fd2f08bc'),
  '1.8.2': pinned('1.8.2', '1779309f71bf239144b9399d06ae925637cf6634cf6bd131104184531bf67c01'),
};

let root: string;
let said: string[];
let bases: string;
/** For `PYTHON`: its environments are real ones, but have a copy of their pip. Installing that takes Python most of the time. */
let quickly: { PYTHON: string };
beforeAll(async () => {
  bases = await mkdtemp(join(tmpdir(), 'python-base-'));
  const { path, version } = await findPython(process.env);
  execFileSync(path, ['-m', 'venv', join(bases, 'whole')]);
  const file = join(bases, 'python');
  const script = `#!/bin/sh
case "$1" in
-c) echo '{"path": "${file}", "version": "${version}", "able": true}' ;;
*) '${path}' "$@" --without-pip && cp -R '${bases}/whole/lib' "$3" ;;
esac
`;
  await writeFile(file, script, { mode: 0o755 });
  quickly = { PYTHON: file };
});
afterAll(() => rm(bases, { recursive: true }));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'python-'));
  said = [];
  await requirements(blinker['1.9.0']);
});
afterEach(() => rm(root, { recursive: true }));

async function requirements(text: string) {
  await mkdir(join(root, 'legacy'), { recursive: true });
  await writeFile(join(root, 'legacy/requirements.txt'), text);
}

const context = (env: Record<string, string | undefined> = {}, signal?: AbortSignal): SetupContext => ({
  root,
  setupFolder: join(root, 'setup'),
  logFile: join(root, 'setup.log'),
  report: (line) => said.push(line),
  env: { ...process.env, ...env },
  signal,
});

const versionOf = (python: string) =>
  execFileSync(python, ['-c', 'import importlib.metadata as m; print(m.version("blinker"))'], {
    encoding: 'utf8',
  });

it('makes an environment with what the requirements pin, says so, and is silent the second time', async () => {
  const python = await ensurePython(context());
  expect(versionOf(python)).toBe('1.9.0\n');
  // On a busy machine it says that it is still at it in between.
  expect(said.filter((line) => !line.includes('still at it'))).toEqual([
    expect.stringMatching(/^Installing the legacy app's Python packages with Python 3\.1\d\.\d+ .+…$/),
    expect.stringMatching(/^Installed the legacy app's Python packages in \d+ s\.$/),
  ]);
  said = [];
  // With nothing on the PATH no program can be run: that all is there is read from the stamp.
  expect(await ensurePython(context({ PATH: '/nowhere' }))).toBe(python);
  expect(said).toEqual([]);
});

it('makes it anew for other requirements, and when its interpreter is gone', async () => {
  await ensurePython(context(quickly));
  await requirements(blinker['1.8.2']);
  const python = await ensurePython(context(quickly));
  expect(versionOf(python)).toBe('1.8.2\n');
  await rm(python);
  expect(versionOf(await ensurePython(context(quickly)))).toBe('1.8.2\n');
});

it('does not trust what a killed start has left half done', async () => {
  const code = `
    import { ensurePython } from ${JSON.stringify(join(import.meta.dirname, 'python.ts'))};
    const root = ${JSON.stringify(root)};
    await ensurePython({ root, setupFolder: root + '/setup', logFile: root + '/setup.log', env: { ...process.env, ...${JSON.stringify(quickly)} }, report: console.log });`;
  const first = startProcess(process.execPath, ['--input-type=module', '-e', code]);
  // Its interpreter is there, the packages are not.
  await until(() => existsSync(join(root, 'setup/python/bin/python')), 60_000);
  process.kill(-first.pid, 'SIGKILL');
  await first.ended;
  expect(versionOf(await ensurePython(context(quickly)))).toBe('1.9.0\n');
  expect(await readdir(join(root, 'setup'))).toEqual(['python']);
});

it('lets a second start wait for the first, which alone installs', async () => {
  const both = [context(quickly), context(quickly)];
  const [one, two] = await Promise.all(both.map(ensurePython));
  expect(one).toBe(two);
  expect(said.filter((line) => line.startsWith('Installing'))).toHaveLength(1);
  expect(said).toContainEqual(expect.stringMatching(/^Waiting for another start \(process \d+\)/));
});

it('stops when it is told to, and leaves nothing that counts', async () => {
  const controller = new AbortController();
  const broken = { ...context(quickly, controller.signal), report: () => controller.abort() };
  await expect(ensurePython(broken)).rejects.toThrow('aborted');
  expect(await readStamp(join(root, 'setup/python'))).toBeUndefined();
});

it.each([
  ['has another hash', pinned('1.9.0', '0'.repeat(64)), 'DO NOT MATCH THE HASHES'],
  ['has no hash', 'blinker==1.9.0\n', 'require-hashes'],
])('takes nothing that %s than the requirements say', async (_which, text, reason) => {
  await requirements(text);
  await expect(ensurePython(context(quickly))).rejects.toMatchObject({
    code: 'setup_failed',
    message: expect.stringContaining(reason),
  });
  expect(await readStamp(join(root, 'setup/python'))).toBeUndefined();
});

it('says what to do where there is no Python', async () => {
  await expect(ensurePython(context({ PATH: join(root, 'empty') }))).rejects.toMatchObject({
    code: 'python_missing',
    message: 'There is no Python 3.11 or later for the legacy app.',
    advice: expect.stringContaining('Install Python 3.11'),
  });
});

it('says which Pythons it has seen and why they do not do', async () => {
  const bin = join(root, 'bin');
  await mkdir(bin);
  const fake = (version: string, able: boolean) =>
    `#!/bin/sh\necho '{"path": "/x", "version": "${version}", "able": ${able}}'\n`;
  await writeFile(join(bin, 'python3'), fake('3.9.2', true));
  await writeFile(join(bin, 'python3.11'), fake('3.11.2', false));
  for (const name of ['python3', 'python3.11']) await chmod(join(bin, name), 0o755);
  await expect(ensurePython(context({ PATH: bin }))).rejects.toMatchObject({
    message:
      'There is no Python 3.11 or later for the legacy app (python3.11 has no venv module; python3 is 3.9.2).',
  });
});

it('takes the Python that PYTHON names or none', async () => {
  await expect(ensurePython(context({ PYTHON: '/no/such/python' }))).rejects.toMatchObject({
    code: 'python_unusable',
    message: 'The Python that PYTHON names, /no/such/python, cannot be used: it does not exist.',
  });
});

it('says in one line that nothing could be downloaded', async () => {
  const dead = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_FIND_LINKS: '', PIP_RETRIES: '1' };
  await expect(ensurePython(context({ ...dead, ...quickly }))).rejects.toMatchObject({
    code: 'download_failed',
    message:
      "The legacy app's Python packages could not be downloaded: No matching distribution found for blinker==1.9.0 (Connection refused).",
    advice: expect.stringContaining('run this again; the whole output is in setup.log'),
  });
  expect(await readStamp(join(root, 'setup/python'))).toBeUndefined();
});
