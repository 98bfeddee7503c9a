/** The flag file as it is on the disk: what it says, what is wrong in it, and the last text in which nothing was. */
import { dirname, join } from 'node:path';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../errors.ts';
import {
  ChangedMeanwhile,
  type FileText,
  type Pause,
  readStable,
  readText,
  replaceFile,
  sameText,
} from '../files.ts';
import { editModes, lineEdits } from './edit.ts';
import type { FlagFile, FlagReading, FlagRules } from './flag-file.ts';
import { parseFlagFile } from './grammar/parse.ts';
import type { EvidenceMode, FlagFault, LineEdit, Mode } from './model.ts';
import type { StateFiles } from './state.ts';

/** Milliseconds that a text must stay the same: longer where it looks like one that is still being written. */
const CALM = 40;
const CALM_IF_ODD = 100;
/** Bytes. The file is read every 80 ms: a larger one would not only be no flag file but keep the disk busy. */
const LARGEST = 1_000_000;

export class FlagSource {
  /** What is wrong in the file now. */
  faults: readonly FlagFault[] = [];
  /** The flags of the last good text. */
  good: FlagFile | undefined;
  readonly file: string;
  readonly #rules: FlagRules;
  readonly #files: StateFiles;
  readonly #pause: Pause | undefined;
  #judged: FileText | undefined;
  #lastGood: string | undefined;
  /** The one before it: what is left where the last one turns out not to be good. */
  #goodBefore: { text: string | undefined; flags: FlagFile | undefined } = {
    text: undefined,
    flags: undefined,
  };
  /** What the data folder has of it. */
  #kept: string | undefined;
  /** What the text says that was looked at while it came to rest; it need not be read again to be judged. */
  #read: { text: string; reading: FlagReading } | undefined;

  constructor(file: string, rules: FlagRules, files: StateFiles, pause?: Pause) {
    this.file = file;
    this.#rules = rules;
    this.#files = files;
    this.#pause = pause;
  }

  /** What the last good text says of routes without evidence. */
  get evidence(): EvidenceMode {
    return this.good?.evidence ?? 'enforce';
  }

  /** The flags of the last good text of an earlier run, if there is one. */
  async lastGood(): Promise<FlagFile | undefined> {
    const kept = await readText(this.#files.lastGood);
    if (!('text' in kept)) return undefined;
    const reading = parseFlagFile(kept.text, this.#rules);
    if (!reading.ok) return undefined;
    this.#lastGood = kept.text;
    this.#kept = kept.text;
    this.good = reading.flags;
    return this.good;
  }

  /** Whether the file is not what it was when it was last judged. */
  async isNew(): Promise<boolean> {
    return !this.#judged || !sameText(await readText(this.file, LARGEST), this.#judged);
  }

  /**
   * Judges the file if it is not what it was, once nobody is writing it.
   * @returns its flags where it is new and good; otherwise undefined, and `faults` is up to date.
   */
  async look(): Promise<FlagFile | undefined> {
    if (!(await this.isNew())) return undefined;
    // What may be flipped can have changed since.
    this.#read = undefined;
    const read = await readStable(this.file, (text) => this.#calm(text), {
      most: LARGEST,
      wait: this.#pause,
    });
    if (!read || (this.#judged && sameText(read, this.#judged))) return undefined;
    return this.#judge(read);
  }

  /**
   * Writes modes into the file, where it still is what was judged.
   * @throws ChangedMeanwhile where it is not; BanyanError `flag_file_unwritable`, `flag_file_too_odd`.
   */
  async edit(changes: ReadonlyMap<RouteKey, Mode>): Promise<FlagFile> {
    if (!this.#judged || !('text' in this.#judged)) throw this.refusal();
    const text = editModes(this.#judged.text, changes);
    const reading = parseFlagFile(text, this.#rules);
    const right =
      reading.ok && [...changes].every(([route, mode]) => reading.flags.routes.get(route)?.mode === mode);
    // Never seen; but a file that was edited wrongly would be in force at once.
    if (!right) throw new BanyanError('flag_file_too_odd', { file: this.file });
    if (text !== this.#judged.text) await this.#write(text);
    this.#lastGood = text;
    this.good = reading.flags;
    return this.good;
  }

  /** What a person has to change in the file so that it has these modes; nothing where it has faults. */
  edits(modes: ReadonlyMap<RouteKey, Mode>): LineEdit[] {
    if (this.faults.length > 0 || !this.#judged || !('text' in this.#judged)) return [];
    return lineEdits(this.#judged.text, modes);
  }

  /**
   * Puts the last good text back where the file has faults.
   * @returns where the faulty text was put, if there was one.
   * @throws BanyanError `no_last_good`, `flag_file_unwritable`.
   */
  async restore(time: string): Promise<string | undefined> {
    if (this.faults.length === 0) return undefined;
    if (this.#lastGood === undefined) throw new BanyanError('no_last_good', { file: this.file });
    const faulty = this.#judged && 'text' in this.#judged ? this.#judged.text : undefined;
    const aside = faulty === undefined ? undefined : await this.#putAside(faulty, time);
    await this.#write(this.#lastGood);
    this.faults = [];
    return aside;
  }

  /** @returns where; beside the flag file if the data folder's disk is full, which must not keep routes where they are */
  async #putAside(faulty: string, time: string): Promise<string> {
    const name = `faulty-${time.replaceAll(':', '-')}.yaml`;
    const [place, beside] = [join(this.#files.folder, name), join(dirname(this.file), name)];
    try {
      await replaceFile(place, faulty);
      return place;
    } catch {
      await replaceFile(beside, faulty).catch((error) => this.#unwritable(error));
      return beside;
    }
  }

  /**
   * Keeps the last good text for a restart; after it is in force, as disks can be slow. One that is full must not matter
   * to what is in force, so this never throws.
   */
  async keep(): Promise<void> {
    if (this.#lastGood === undefined || this.#lastGood === this.#kept) return;
    const text = this.#lastGood;
    await replaceFile(this.#files.lastGood, text).then(
      () => {
        this.#kept = text;
      },
      () => undefined,
    );
  }

  /** What the file says cannot be done: it counts as faulty until it is changed again. */
  refuse(message: string): void {
    this.faults = [{ line: 1, column: 1, message }];
    this.#lastGood = this.#goodBefore.text;
    this.good = this.#goodBefore.flags;
  }

  /** The faults as an error that names the first one. */
  refusal(): BanyanError {
    const [first, ...rest] = this.faults;
    if (!first || (this.#judged && 'missing' in this.#judged))
      return new BanyanError('flag_file_missing', { file: this.file });
    const { line, column, message } = first;
    const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`;
    return new BanyanError('flag_file_faulty', { file: this.file, line, column, fault: message + more });
  }

  async #judge(read: FileText): Promise<FlagFile | undefined> {
    this.#judged = read;
    const reading = 'text' in read ? this.#parsed(read.text) : notThere(read);
    this.#read = undefined;
    this.faults = reading.ok ? [] : reading.faults;
    if (!reading.ok || !('text' in read)) return undefined;
    this.#goodBefore = { text: this.#lastGood, flags: this.good };
    this.#lastGood = read.text;
    this.good = reading.flags;
    return this.good;
  }

  async #write(text: string): Promise<void> {
    try {
      await replaceFile(this.file, text, { expected: this.#judged });
    } catch (error) {
      if (error instanceof ChangedMeanwhile) throw error;
      this.#unwritable(error);
    }
    this.#judged = { text };
  }

  #parsed(text: string): FlagReading {
    if (this.#read?.text !== text) this.#read = { text, reading: parseFlagFile(text, this.#rules) };
    return this.#read.reading;
  }

  #unwritable(error: unknown): never {
    throw new BanyanError(
      'flag_file_unwritable',
      // Without the name of the temporary file.
      { file: this.file, reason: (error as Error).message.replace(/, \w+ '.*$/s, '') },
      error,
    );
  }

  #calm(read: FileText): number {
    if (!('text' in read) || !read.text.endsWith('\n') || this.#lastGood?.startsWith(read.text))
      return CALM_IF_ODD;
    return this.#parsed(read.text).ok ? CALM : CALM_IF_ODD;
  }
}

function notThere(read: { missing: true } | { unreadable: string }): { ok: false; faults: FlagFault[] } {
  const message =
    'missing' in read ? 'The flag file is gone.' : `The flag file cannot be read: ${read.unreadable}.`;
  return { ok: false, faults: [{ line: 1, column: 1, message }] };
}
