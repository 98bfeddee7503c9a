import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isInstalled } from './bootstrap.mjs';
import { prunePackages } from './prune.mjs';

const repository = join(import.meta.dirname, '../..');
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'prune-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (path: string, text = '') => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const isThere = (path: string) => existsSync(join(root, path));
const runtime = (platform: string, arch: string) =>
  `node_modules/onnxruntime-node/bin/napi-v6/${platform}/${arch}/onnxruntime_binding.node`;

it('leaves the runtime of this machine alone, and takes away those of others and the browsers’', () => {
  const machines = ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64'].map((name) => name.split('/'));
  for (const [platform = '', arch = ''] of machines) put(runtime(platform, arch));
  put('node_modules/onnxruntime-node/dist/index.js');
  put('node_modules/onnxruntime-web/package.json');
  put('node_modules/onnxruntime-web/dist/ort.wasm');
  const packages = { '': {}, 'node_modules/onnxruntime-web': { version: '1.0.0' } };
  for (const place of ['package-lock.json', 'node_modules/.package-lock.json'])
    put(place, JSON.stringify({ packages }));
  prunePackages(root, { platform: 'linux', arch: 'arm64' });
  const left = machines.filter(([platform = '', arch = '']) => isThere(runtime(platform, arch)));
  expect(left).toEqual([['linux', 'arm64']]);
  expect(isThere('node_modules/onnxruntime-node/dist/index.js')).toBe(true);
  expect(isThere('node_modules/onnxruntime-web/package.json')).toBe(true);
  expect(isThere('node_modules/onnxruntime-web/dist')).toBe(false);
  expect(isInstalled(root), 'nothing is installed again for it').toBe(true);
});

it('does nothing where there are no packages', () => {
  expect(() => prunePackages(root)).not.toThrow();
});

it('is run by npm itself once it has installed', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts.postinstall).toBe('node tools/setup/prune.mjs');
});

it('only Node’s build of transformers.js is imported, which knows no runtime of browsers', () => {
  const place = join(repository, 'node_modules/@huggingface/transformers');
  const { exports } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
    exports: { node: { import: { default: string } } };
  };
  const source = readFileSync(join(place, exports.node.import.default), 'utf8');
  expect(source).toMatch(/['"]onnxruntime-node['"]/);
  expect(source).not.toMatch(/['"]onnxruntime-web/);
});
