/** A flag file that is written in all the ways in which people and programs write files. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Mode } from '../../flags/model.ts';
import type { Chance } from './random.ts';

export type Modes = Record<string, Mode>;

export const textOf = (modes: Modes): string =>
  `# made by a test\nroutes:\n${Object.entries(modes)
    .map(([route, mode]) => `  ${route}: ${mode}   # a comment\n`)
    .join('')}`;

const ways: readonly ((file: string, text: string) => Promise<void>)[] = [
  (file, text) => writeFile(file, text),
  async (file, text) => {
    await writeFile(`${file}.tmp`, text);
    await rename(`${file}.tmp`, file);
  },
  async (file, text) => {
    await rm(file, { force: true });
    await writeFile(file, text);
  },
  // A slow writer: the half that is there first is a flag file too.
  async (file, text) => {
    const half = text.indexOf('\n', text.length / 2) + 1;
    await writeFile(file, text.slice(0, half));
    await pause(5);
    await writeFile(file, text);
  },
];

export async function write(file: string, text: string, random: Chance): Promise<void> {
  await random.of(ways)(file, text);
}

/** Texts that may never be in force. */
export const faulty: readonly ((modes: Modes) => string)[] = [
  () => '',
  () => 'routes: [\n',
  () => 'routes:\n\tGET /things: new\n',
  (modes) => `${textOf(modes)}  GET /nowhere: new\n`,
  (modes) => textOf(modes).replace(/: (?:new|legacy) /, ': never '),
  (modes) => textOf(modes).replace(/: (?:new|legacy) /, ': canary '),
  (modes) => `${textOf(modes)}${textOf(modes).split('\n')[2]}\n`,
  (modes) => textOf(modes).slice(0, -20),
  (modes) => `${textOf(modes)}unknown: 1\n`,
];
