import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isRunning, killStarted, startProcess } from '../setup/testing/processes.ts';
import { noteProcess, stopLeftBehind } from './left-behind.ts';

let folder: string;
let note: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'left-'));
  note = join(folder, 'run/legacy.json');
});
afterEach(async () => {
  killStarted();
  await rm(folder, { recursive: true });
});

const idle = async (more = '') => {
  const text = `${more}; console.log("up"); setInterval(() => {}, 1000)`;
  const process_ = startProcess(process.execPath, ['-e', text, 'the/legacy/app.py']);
  await process_.line(/up/);
  return process_;
};

it('stops the process of the note, even one that does not listen', async () => {
  const { pid, ended } = await idle('process.on("SIGTERM", () => {})');
  await noteProcess(note, pid);
  expect(await stopLeftBehind(note, 'the/legacy/app.py')).toBe(pid);
  expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
  await expect(readFile(note)).rejects.toThrow('ENOENT');
});

it('leaves a process alone that has another command line', async () => {
  const { pid } = await idle();
  await noteProcess(note, pid);
  expect(await stopLeftBehind(note, 'another/app.py')).toBeUndefined();
  expect(isRunning(pid)).toBe(true);
});

it('leaves a process alone that got the id later', async () => {
  const { pid } = await idle();
  await noteProcess(note, pid);
  await writeFile(note, JSON.stringify({ pid, started: '1' }));
  expect(await stopLeftBehind(note, 'the/legacy/app.py')).toBeUndefined();
  expect(isRunning(pid)).toBe(true);
});

it.each(['', '{', '[]', '{"pid": 1}'])('makes nothing of a note that says %j', async (text) => {
  await noteProcess(note, 1);
  await writeFile(note, text);
  expect(await stopLeftBehind(note, 'init')).toBeUndefined();
});
