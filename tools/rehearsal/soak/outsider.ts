/** Somebody who uses legacy without the gateway: a bookmark, a script, an old client. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '@banyan/operations/testing/random.ts';
import type { ChatState } from '../hour/state.ts';
import type { OldChat } from '../user.ts';
import { uploadTo } from './old-data.ts';

export interface OutsiderOptions {
  legacyUrl: string;
  random: Chance;
  /** Chats of before that no user of the gateway has. */
  old: readonly OldChat[];
}

interface Known {
  id: string;
  /** The last that legacy has acknowledged, and those after it of which nobody knows. */
  titles: string[];
  said: string[];
  files: string[];
  isGone: 'no' | 'perhaps' | 'yes';
}

/** Between two things that it does, in milliseconds. */
const pace = 700;
const mostFiles = 3;

export class Outsider {
  readonly #options: OutsiderOptions;
  readonly #chats: Map<string, Known>;
  /** Messages in chats of users. Their ids on legacy are not those that users know. */
  #inOthers: string[] = [];
  #running: { stop: AbortController; end: Promise<void> } | undefined;
  #count = 0;
  /** What legacy has acknowledged. */
  acknowledged = 0;

  constructor(options: OutsiderOptions) {
    this.#options = options;
    this.#chats = new Map(options.old.map(({ title, ...chat }) => [chat.id, known(chat, title)]));
  }

  start(): void {
    const stop = new AbortController();
    this.#running ??= { stop, end: this.#run(stop.signal) };
  }

  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await this.#running?.end;
    this.#running = undefined;
  }

  /** Whether a conflict about this chat is of its making. @param shown both states of the chat, as text */
  hasTouched(id: string, shown: string): boolean {
    return this.#chats.has(id) || this.#inOthers.some((text) => shown.includes(text));
  }

  /** A person has decided about a conflict: what was written directly may be given up. */
  giveUp(id: string, shown: string): void {
    this.#chats.delete(id);
    this.#inOthers = this.#inOthers.filter((text) => !shown.includes(text));
  }

  /** @param states what the gateway shows @returns what is not as it was written */
  missing(states: readonly ChatState[]): string[] {
    const byId = new Map(states.map((state) => [state.id, state]));
    const own = [...this.#chats.values()].flatMap((chat) => missingOf(chat, byId.get(chat.id)));
    const others = this.#inOthers.flatMap((text) => {
      const times = states.reduce((sum, state) => sum + count(state, text), 0);
      return times === 1 ? [] : [`${text} is there ${times} times`];
    });
    return [...own, ...others];
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#act();
      await pause(pace, undefined, { signal }).catch(() => undefined);
    }
  }

  async #act(): Promise<void> {
    const { random } = this.#options;
    const chat = random.of([...this.#chats.values()].filter(({ isGone }) => isGone === 'no'));
    const actions = [() => this.#create(), () => this.#sayToOther()];
    if (chat) {
      actions.push(
        () => this.#rename(chat),
        () => this.#say(chat),
        () => this.#say(chat),
      );
      if (chat.files.length < mostFiles) actions.push(() => this.#upload(chat));
      if (random.below(3) === 0) actions.push(() => this.#delete(chat));
    }
    await random.of(actions)();
  }

  async #create(): Promise<void> {
    const made = await this.#ask('POST', '/api/chats');
    if (!made) return;
    const { id, title } = made as { id: string; title: string };
    const chat = known({ id, said: [], files: [] }, title);
    this.#chats.set(id, chat);
    await this.#rename(chat);
  }

  async #rename(chat: Known): Promise<void> {
    const title = this.#text('title');
    chat.titles.push(title);
    if (await this.#ask('PUT', `/api/chats/${chat.id}/rename`, { title })) chat.titles = [title];
  }

  async #say(chat: Known): Promise<void> {
    const message = this.#text('message');
    if (await this.#ask('POST', `/api/chats/${chat.id}/messages`, { message })) chat.said.push(message);
  }

  /** In a chat that a user has, perhaps while the user writes there too. */
  async #sayToOther(): Promise<void> {
    const list = (await this.#ask('GET', '/api/chats')) as { id: string; title: string }[] | undefined;
    const chat = this.#options.random.of((list ?? []).filter(({ title }) => title.startsWith('user ')));
    if (!chat) return;
    const message = this.#text('remark');
    if (await this.#ask('POST', `/api/chats/${chat.id}/messages`, { message })) this.#inOthers.push(message);
  }

  async #upload(chat: Known): Promise<void> {
    const name = `${this.#text('file').replaceAll(' ', '-')}.pdf`;
    const signal = AbortSignal.timeout(20_000);
    const isThere = await uploadTo(this.#options.legacyUrl, chat.id, name, signal).then(
      () => true,
      () => false,
    );
    if (isThere) chat.files.push(name);
    if (isThere) this.acknowledged += 1;
  }

  async #delete(chat: Known): Promise<void> {
    chat.isGone = 'perhaps';
    if (await this.#ask('DELETE', `/api/chats/${chat.id}`)) chat.isGone = 'yes';
  }

  #text(what: string): string {
    this.#count += 1;
    // With a mark at its end, so that none is the beginning of another.
    return `outside ${what} ${this.#count}.`;
  }

  /** @returns undefined if legacy did not answer, or refused */
  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    try {
      const response = await fetch(`${this.#options.legacyUrl}${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      if (!response.ok) return undefined;
      const json: unknown = await response.json();
      if (method !== 'GET') this.acknowledged += 1;
      return json;
    } catch {
      return undefined;
    }
  }
}

const known = ({ id, said, files }: Omit<OldChat, 'title'>, title: string): Known => ({
  id,
  titles: [title],
  said: [...said],
  files: [...files],
  isGone: 'no',
});

const count = (state: ChatState | undefined, text: string) =>
  state?.turns.filter((turn) => turn.sender === 'user' && turn.text === text).length ?? 0;

function missingOf({ id, titles, said, files, isGone }: Known, state: ChatState | undefined): string[] {
  if (isGone === 'yes') return state ? [`chat ${id} was deleted directly, and is there`] : [];
  if (!state) return isGone === 'no' ? [`chat ${id}, "${titles.join('" or "')}", is not there`] : [];
  const faults = titles.includes(state.title)
    ? []
    : [`chat ${id} is called "${state.title}" and not "${titles.join('" or "')}"`];
  for (const text of said) if (count(state, text) !== 1) faults.push(`${text} is not once in chat ${id}`);
  for (const name of files)
    if (state.documents.filter((document) => document.name === name).length !== 1)
      faults.push(`${name} is not once in chat ${id}`);
  return faults;
}
