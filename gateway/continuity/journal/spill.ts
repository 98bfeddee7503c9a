/** Settlements that could not be written into PostgreSQL: a synced file each, until they are. */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../bodies/bodies.ts';
import type { Settlement } from './settle.ts';

export class Spill {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** On the disk when it resolves. */
  async write(settlement: Settlement): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const part = join(this.#folder, `${settlement.id}.part`);
    const handle = await open(part, 'w');
    try {
      await handle.writeFile(toText(settlement));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, this.#pathOf(settlement.id));
    await syncFolder(this.#folder);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true });
  }

  /** What an earlier gateway left behind. */
  async all(): Promise<Settlement[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const settlements: Settlement[] = [];
    for (const name of names)
      if (name.endsWith('.json'))
        settlements.push(fromText(await readFile(join(this.#folder, name), 'utf8')));
    return settlements;
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

function toText(settlement: Settlement): string {
  const { answer } = settlement;
  const stored = answer && { ...answer, body: Buffer.from(answer.body).toString('base64') };
  return JSON.stringify({ ...settlement, answer: stored });
}

function fromText(text: string): Settlement {
  const { answer, ...rest } = JSON.parse(text) as Omit<Settlement, 'answer'> & {
    answer?: { status: number; reason: string; rawHeaders: string[]; body: string };
  };
  return { ...rest, answer: answer && { ...answer, body: Buffer.from(answer.body, 'base64') } };
}
