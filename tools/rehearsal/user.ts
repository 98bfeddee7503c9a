/** One person at the chat: does something, remembers what was acknowledged, and sees whether it is all still there. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '@banyan/operations/testing/random.ts';
import { document } from '../../contract-tests/script/document.ts';

/** What the documents are about. */
const subjects = ['banyan', 'harbour', 'ledger', 'orchard', 'quarry', 'signal', 'turbine', 'valley'];
const mostPages = 4;
const linesOfPage = 30;

/** A request that was not answered as one run of legacy alone would have answered it, or something that is not there. */
export interface Failure {
  /** `request`: failed by itself; `lost`, `twice`: of a write that was acknowledged. */
  kind: 'request' | 'lost' | 'twice';
  what: string;
}

export interface UserOptions {
  url: () => string;
  name: string;
  random: Chance;
  /** A request that was not answered, or with 502, 503 or 504, is no failure: something is killed. Its write is a maybe. */
  forgiving?: () => boolean;
  onFailure(failure: Failure): void;
  onRequest?(milliseconds: number): void;
  /** Legacy was started again, so that it knows nothing of earlier jobs; the documents are there all the same. */
  mayForget?: () => boolean;
  /** Chats are created without the gateway too, so that the number in the title of a new chat says nothing. */
  countsOthers?: boolean;
  /** Uploads too; yes unless told. */
  uploads?: boolean;
  /** What is there before the user begins. */
  has?: readonly OldChat[];
}

/** A chat of before, as its user knows it. */
export interface OldChat {
  id: string;
  title: string;
  /** What the user has said, in order. */
  said: readonly string[];
  files: readonly string[];
}

interface Chat {
  id: string;
  /** The last that was acknowledged, and those after it of which nobody knows. */
  titles: string[];
  said: string[];
  maybe: Set<string>;
  files: string[];
  /** Asked for, by job. */
  pending: Map<string, Upload>;
}

interface Upload {
  name: string;
  /** When it was taken, by `performance.now()`. */
  since: number;
  /** When its job was first seen to have ended. */
  ended?: number;
}

interface Answer {
  status: number;
  json: unknown;
}

const mostChats = 3;
const mostFiles = 4;
/** An upload that has not been taken in by then is lost, in milliseconds: each worker that is killed costs it a minute. */
const patience = 600_000;
/** After a restart of legacy, how long a document may take from the end of its job until it is listed, in milliseconds. */
const listing = 60_000;
/** As the chat page asks, in milliseconds. */
const betweenPolls = 500;

export class User {
  readonly #options: UserOptions;
  #chats: Chat[];
  #count = 0;

  constructor(options: UserOptions) {
    this.#options = options;
    this.#chats = (options.has ?? []).map(({ id, title, said, files }) => ({
      id,
      titles: [title],
      said: [...said],
      maybe: new Set(),
      files: [...files],
      pending: new Map(),
    }));
  }

  async act(): Promise<void> {
    const { random, uploads = true } = this.#options;
    const chat = random.of(this.#chats);
    if (!chat || (this.#chats.length < mostChats && random.below(8) === 0)) return this.#create();
    const actions = [
      () => this.#rename(chat),
      () => this.#say(chat),
      () => this.#say(chat),
      () => this.#look(chat),
    ];
    if (uploads && chat.files.length + chat.pending.size < mostFiles) actions.push(() => this.#upload(chat));
    await random.of(actions)();
    for (const [job, upload] of chat.pending) await this.#poll(chat, job, upload);
  }

  /**
   * Looks at everything; uploads have to have come to their end.
   * @param isAtRest whether both backends have everything, so that documents are shown where legacy has forgotten them too
   */
  async finish(isAtRest = false): Promise<void> {
    for (const chat of this.#chats) {
      while (chat.pending.size > 0) {
        for (const [job, upload] of chat.pending) await this.#poll(chat, job, upload);
        await pause(betweenPolls);
      }
      await this.#look(chat);
      if (isAtRest) await this.#lookAtDocs(chat);
    }
  }

  /** A person has decided about the chat, so that it may lack what was acknowledged: nobody uses it any more. */
  giveUp(id: string): void {
    this.#chats = this.#chats.filter((chat) => chat.id !== id);
  }

  get acknowledged(): number {
    return this.#chats.reduce((sum, { said, files }) => sum + 1 + said.length + files.length, 0);
  }

  async #create(): Promise<void> {
    const answer = await this.#ask('POST', '/api/chats', [201]);
    if (!answer) return;
    const { id, title } = answer.json as { id: string; title: string };
    this.#chats.push({ id, titles: [title], said: [], maybe: new Set(), files: [], pending: new Map() });
  }

  async #rename(chat: Chat): Promise<void> {
    const title = this.#text('title');
    chat.titles.push(title);
    const answer = await this.#ask('PUT', `/api/chats/${chat.id}/rename`, [200], { title });
    if (answer) chat.titles = [title];
  }

  async #say(chat: Chat): Promise<void> {
    const message = this.#text('message');
    const before = chat.said.length;
    const answer = await this.#ask('POST', `/api/chats/${chat.id}/messages`, [200], { message });
    if (!answer) return void chat.maybe.add(message);
    chat.said.push(message);
    const { message_count: count } = answer.json as { message_count: number };
    if (count < 2 * (before + 1)) this.#fail('lost', `${message}: only ${count} turns are counted`);
  }

  async #upload(chat: Chat): Promise<void> {
    const name = `${this.#text('file').replaceAll(' ', '-')}.pdf`;
    const form = new FormData();
    form.append('pdf', new Blob([this.#document(name)], { type: 'application/pdf' }), name);
    const answer = await this.#ask('POST', `/api/chats/${chat.id}/upload-pdf`, [202], form);
    if (!answer) return;
    chat.pending.set((answer.json as { job_id: string }).job_id, { name, since: performance.now() });
  }

  /**
   * Each says something else: of passages that are equal legacy finds the one or the other first, which would be a difference
   * between the backends that is nobody's fault.
   */
  #document(name: string): Uint8Array<ArrayBuffer> {
    const { random } = this.#options;
    const line = (_: unknown, i: number) =>
      `In ${name}, line ${i + 1}, the ${random.of(subjects)} has ${random.below(10_000)} of its ${random.of(subjects)}.`;
    const pages = Array.from({ length: 1 + random.below(mostPages) }, () =>
      Array.from({ length: linesOfPage }, line),
    );
    return new Uint8Array(document(...pages));
  }

  async #poll(chat: Chat, job: string, upload: Upload): Promise<void> {
    const { name, since } = upload;
    const { mayForget } = this.#options;
    const status = await this.#ask('GET', `/api/upload-status/${job}`, mayForget?.() ? [200, 404] : [200]);
    const shown = await this.#ask('GET', `/api/chats/${chat.id}/pdfs`);
    if (!status || !shown) return;
    const { status: state } =
      status.status === 404 ? { status: 'forgotten' } : (status.json as { status: string });
    if (state === 'done') upload.ended ??= performance.now();
    const isShown = (shown.json as { pdfs: { name: string }[] }).pdfs.some((pdf) => pdf.name === name);
    if (isShown) {
      chat.pending.delete(job);
      chat.files.push(name);
      return;
    }
    // The new backend may have read a document that legacy lost: until that is known, legacy's list is shown.
    const isListing = state === 'done' && mayForget?.() && performance.now() - (upload.ended ?? 0) < listing;
    if (state === 'error' || (state === 'done' && !isListing) || performance.now() - since > patience) {
      chat.pending.delete(job);
      this.#fail('lost', `${name} of chat ${chat.id}: its job is ${state} and it is not listed`);
    }
  }

  async #look(chat: Chat): Promise<void> {
    const list = await this.#ask('GET', '/api/chats');
    const turns = await this.#ask('GET', `/api/chats/${chat.id}`);
    const pdfs = await this.#ask('GET', `/api/chats/${chat.id}/pdfs`);
    if (list) this.#lookAtTitle(chat, list.json as { id: string; title: string }[]);
    if (turns) this.#lookAtTurns(chat, turns.json as { sender: string; text: string }[]);
    if (!pdfs) return;
    const names = ((pdfs.json as { pdfs?: { name: string }[] }).pdfs ?? []).map(({ name }) => name);
    for (const file of chat.files) this.#once(names, file);
  }

  /** What is asked in the chat is answered from these. */
  async #lookAtDocs(chat: Chat): Promise<void> {
    const docs = await this.#ask('GET', `/api/chats/${chat.id}/docs`);
    if (!docs) return;
    const names = (docs.json as { pdfs: { name: string }[] }).pdfs.map(({ name }) => name);
    for (const file of chat.files) this.#once(names, file, ' among the documents');
  }

  #lookAtTitle(chat: Chat, list: { id: string; title: string }[]): void {
    const found = list.filter(({ id }) => id === chat.id);
    this.#once(
      found.map(({ id }) => id),
      chat.id,
    );
    const [{ title } = { title: '' }] = found;
    const isCounted =
      this.#options.countsOthers && [title, ...chat.titles].every((each) => /^New Chat \d+$/.test(each));
    if (found.length > 0 && !chat.titles.includes(title) && !isCounted)
      this.#fail('lost', `chat ${chat.id} is called "${title}" and not "${chat.titles.join('" or "')}"`);
  }

  #lookAtTurns(chat: Chat, turns: { sender: string; text: string }[]): void {
    const texts = turns.filter(({ sender }) => sender === 'user').map(({ text }) => text);
    for (const text of chat.said) this.#once(texts, text);
    const order = texts.filter((text) => chat.said.includes(text)).join();
    if (order !== chat.said.join()) this.#fail('lost', `the order of the turns of chat ${chat.id}`);
    for (const text of chat.maybe) if (texts.includes(text)) this.#once(texts, text);
  }

  #once(found: readonly string[], wanted: string, where = ''): void {
    const count = found.filter((each) => each === wanted).length;
    if (count === 0) this.#fail('lost', wanted + where);
    if (count > 1) this.#fail('twice', `${wanted}${where}: ${count} times`);
  }

  #text(what: string): string {
    this.#count += 1;
    return `${this.#options.name} ${what} ${this.#count}`;
  }

  #fail(kind: Failure['kind'], what: string): void {
    this.#options.onFailure({ kind, what });
  }

  /** @returns undefined where the answer is not the one that is due */
  async #ask(
    method: string,
    path: string,
    due: readonly number[] = [200],
    body?: object,
  ): Promise<Answer | undefined> {
    const { url, forgiving = () => false, onRequest } = this.#options;
    const began = performance.now();
    const json = body && !(body instanceof FormData);
    try {
      const response = await fetch(`${url()}${path}`, {
        method,
        ...(body && { body: json ? JSON.stringify(body) : (body as FormData) }),
        ...(json && { headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.text();
      onRequest?.(performance.now() - began);
      const { status } = response;
      if (due.includes(status)) return { status, json: JSON.parse(text) as unknown };
      if (!(forgiving() && [502, 503, 504].includes(status)))
        this.#fail('request', `${method} ${path}: ${status} ${text.slice(0, 200)}`);
    } catch (error) {
      const { message, cause } = error as Error;
      if (!forgiving()) this.#fail('request', `${method} ${path}: ${message} ${String(cause ?? '')}`);
    }
    return undefined;
  }
}
