/** A change of the file is in force within 250 ms, however it was saved; half a file never is. */
import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { countedPauses, type FlagFolder, flagFolder, until } from '../test/support/flag-folder.ts';
import type { FlagStore } from './store.ts';

const HEALTH = 'GET /api/health';
const CHATS = 'GET /api/chats';
const text = (mode: BackendName) => `# flags\nroutes:\n  ${HEALTH}: ${mode}\n  ${CHATS}: ${mode}\n`;
const ROUNDS = 20;

let store: FlagStore;
afterEach(() => store.close());

const modes = () => [HEALTH, CHATS].map((route) => store.current.routes.get(route)?.mode).join();

async function saveInParts(file: string, content: string) {
  const handle = openSync(file, 'w');
  const half = content.indexOf('\n', content.indexOf(HEALTH)) + 1;
  await pause(10);
  writeSync(handle, content.slice(0, half));
  await pause(35);
  writeSync(handle, content.slice(half));
  closeSync(handle);
}

let versions = 0;

const ways: Record<string, (at: FlagFolder, content: string) => void | Promise<void>> = {
  'written in place': (at, content) => writeFileSync(at.file, content),
  'written in place by an editor that waits between emptying and writing': async (at, content) => {
    writeFileSync(at.file, '');
    await pause(10);
    await writeFile(at.file, content);
  },
  'written in place in parts': (at, content) => saveInParts(at.file, content),
  'replaced by a rename': (at, content) => {
    writeFileSync(`${at.file}.swp`, content);
    renameSync(`${at.file}.swp`, at.file);
  },
  'moved away as a backup and written anew': (at, content) => {
    renameSync(at.file, `${at.file}~`);
    writeFileSync(at.file, content);
  },
  'removed and written anew': (at, content) => {
    rmSync(at.file);
    writeFileSync(at.file, content);
  },
  'a symlink that is swapped': (at, content) => {
    const version = `version-${++versions}.yaml`;
    writeFileSync(join(at.folder, version), content);
    symlinkSync(version, `${at.file}.new`);
    renameSync(`${at.file}.new`, at.file);
  },
  'a symlink into a folder that is swapped, as a mounted ConfigMap is': (at, content) => {
    const version = `..version-${++versions}`;
    mkdirSync(join(at.folder, version));
    writeFileSync(join(at.folder, version, 'flags.yaml'), content);
    symlinkSync(version, join(at.folder, '..data.new'));
    renameSync(join(at.folder, '..data.new'), join(at.folder, '..data'));
    rmSync(at.file);
    symlinkSync('..data/flags.yaml', at.file);
  },
  'saved without a newline at the end': (at, content) => writeFileSync(at.file, content.trimEnd()),
};

describe('a change is in force within 250 ms of the end of its writing, twenty times of twenty, where the file is', () => {
  it.each(Object.entries(ways))('%s', async (_way, save) => {
    const at = flagFolder(text('legacy'));
    const { pause: counted, during } = countedPauses();
    store = await at.open({ pause: counted });
    const seen = new Set<string>();
    store.onChange(() => seen.add(modes()));
    let slowest = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const mode = round % 2 === 1 ? 'new' : 'legacy';
      await save(at, text(mode));
      const waited = await during(() => until(store, () => modes() === `${mode},${mode}`));
      slowest = Math.max(slowest, waited);
    }
    expect(slowest).toBeLessThan(250);
    expect([...seen].sort()).toEqual(['legacy,legacy', 'new,new']);
    expect(store.current.epoch).toBe(ROUNDS);
    expect(store.faults).toEqual([]);
  });

  it('is one whose change the system does not report, so that it must be looked for', async () => {
    const at = flagFolder(text('legacy'));
    const [first, second] = ['first', 'second'].map((name) => join(at.folder, name));
    const current = join(at.folder, 'current');
    const fill = (folder: string, mode: BackendName) => writeFileSync(join(folder, 'flags.yaml'), text(mode));
    for (const [folder, mode] of [
      [first, 'legacy'],
      [second, 'new'],
    ] as const) {
      mkdirSync(folder ?? '');
      fill(folder ?? '', mode);
    }
    symlinkSync('first', current);
    // Watched are the folders that the path leads to at the start; that `current` is another one later shows in neither.
    const { pause: counted, during } = countedPauses();
    store = await at.open({ file: join(current, 'flags.yaml'), pause: counted });
    for (let round = 1; round <= ROUNDS; round++) {
      const mode = round % 2 === 1 ? 'new' : 'legacy';
      symlinkSync(mode === 'new' ? 'second' : 'first', `${current}.new`);
      renameSync(`${current}.new`, current);
      const waited = await during(() => until(store, () => modes() === `${mode},${mode}`));
      expect(waited).toBeLessThan(250);
    }
  });
});

describe('bad texts', () => {
  it('among good ones, saved in every way, are never in force in any part', async () => {
    const at = flagFolder(text('legacy'));
    store = await at.open();
    const seen = new Set([modes()]);
    store.onChange(() => seen.add(modes()));
    const bad = [
      '',
      'routes:\n',
      text('new').replace(CHATS, 'GET /api/cats'),
      text('new').replace('chats: new', 'chats: nw'),
      `${text('new')}  ${CHATS}: new\n`,
      `${text('new')}"`,
      '\0',
    ];
    const savings = Object.values(ways);
    for (const [i, content] of bad.entries())
      for (const [k, save] of savings.entries()) {
        await save(at, content);
        if ((i + k) % 3 === 0) await pause(60);
        const mode = (i + k) % 2 === 0 ? 'new' : 'legacy';
        await save(at, text(mode));
        if ((i + k) % 2 === 0)
          await until(store, () => modes() === `${mode},${mode}` && store.faults.length === 0);
      }
    at.write(text('new'));
    await until(store, () => modes() === 'new,new' && store.faults.length === 0);
    expect([...seen].sort()).toEqual(['legacy,legacy', 'new,new']);
    for (const { from, to } of at.audit()) expect(from).not.toBe(to);
  });
});
