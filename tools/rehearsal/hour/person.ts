/** Somebody at work for an hour: chats, asks, uploads, renames, deletes; and knows what there has to be afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from '@banyan/operations/testing/random.ts';
import { document } from '../../../contract-tests/script/document.ts';

export interface Expected {
  id: string;
  title: string;
  said: string[];
  documents: string[];
}

export type Kind = 'chat' | 'message' | 'document' | 'title' | 'document deleted' | 'chat deleted';

export interface PersonOptions {
  url: string;
  name: string;
  random: Chance;
  onAcknowledged(kind: Kind): void;
}

const mostChats = 6;
/** Legacy's own limit. */
const mostDocuments = 5;
const animals = ['walrus', 'heron', 'otter', 'badger', 'lynx', 'plover', 'newt', 'stoat', 'marten', 'curlew'];
const traits = ['weighs', 'eats', 'sleeps', 'swims', 'sings', 'hides', 'travels', 'nests'];

export class Person {
  readonly chats: Expected[] = [];
  readonly #options: PersonOptions;
  #count = 0;

  constructor(options: PersonOptions) {
    this.#options = options;
  }

  /** Writes one thing. @throws Error where it is not answered as it has to be */
  async write(): Promise<void> {
    const { random } = this.#options;
    const chat = random.of(this.chats);
    if (!chat) return this.#create();
    const dice = random.below(100);
    if (dice < 66) return this.#say(chat);
    if (dice < 78 && chat.documents.length < mostDocuments) return this.#upload(chat);
    if (dice < 86) return this.#rename(chat);
    if (dice < 94 && this.chats.length < mostChats) return this.#create();
    if (dice < 98 && chat.documents.length > 1) return this.#deleteDocument(chat);
    if (dice === 98 && this.chats.length > 2) return this.#deleteChat(chat);
    return this.#say(chat);
  }

  async #create(): Promise<void> {
    const { id, title } = (await this.#ask('POST', '/api/chats', 201)) as { id: string; title: string };
    this.chats.push({ id, title, said: [], documents: [] });
    this.#options.onAcknowledged('chat');
  }

  async #say(chat: Expected): Promise<void> {
    const { random } = this.#options;
    const message = `What is it that a ${random.of(animals)} ${random.of(traits)}? ${this.#next()}`;
    await this.#ask('POST', `/api/chats/${chat.id}/messages`, 200, { message });
    chat.said.push(message);
    this.#options.onAcknowledged('message');
  }

  async #rename(chat: Expected): Promise<void> {
    const title = `About ${this.#options.random.of(animals)}s ${this.#next()}`;
    await this.#ask('PUT', `/api/chats/${chat.id}/rename`, 200, { title });
    chat.title = title;
    this.#options.onAcknowledged('title');
  }

  /** Every document says something else, so that it is known which one an answer is from. */
  async #upload(chat: Expected): Promise<void> {
    const { random } = this.#options;
    const n = this.#next();
    const lines = animals.map(
      (animal, i) =>
        `The ${animal} of ${n} ${random.of(traits)} ${random.below(1000)} and ${(i + 1) * 7} of them.`,
    );
    const name = `${n.replaceAll(' ', '-')}.pdf`;
    const form = new FormData();
    form.append('pdf', new Blob([new Uint8Array(document(lines))], { type: 'application/pdf' }), name);
    await this.#ask('POST', `/api/chats/${chat.id}/upload-pdf`, 202, form);
    for (const end = performance.now() + 60_000; !(await this.#lists(chat, name)); await pause(50))
      if (performance.now() > end) throw new Error(`${name} was not taken in`);
    chat.documents.push(name);
    this.#options.onAcknowledged('document');
  }

  async #lists(chat: Expected, name: string): Promise<boolean> {
    const { pdfs } = (await this.#ask('GET', `/api/chats/${chat.id}/pdfs`, 200)) as {
      pdfs: { name: string }[];
    };
    return pdfs.some((pdf) => pdf.name === name);
  }

  async #deleteDocument(chat: Expected): Promise<void> {
    const name = this.#options.random.of(chat.documents);
    await this.#ask('DELETE', `/api/chats/${chat.id}/pdfs/${name}`, 200);
    chat.documents.splice(chat.documents.indexOf(name), 1);
    this.#options.onAcknowledged('document deleted');
  }

  async #deleteChat(chat: Expected): Promise<void> {
    await this.#ask('DELETE', `/api/chats/${chat.id}`, 200);
    this.chats.splice(this.chats.indexOf(chat), 1);
    this.#options.onAcknowledged('chat deleted');
  }

  #next(): string {
    this.#count += 1;
    return `${this.#options.name} ${this.#count}`;
  }

  async #ask(method: string, path: string, due: number, body?: object): Promise<unknown> {
    const isForm = body instanceof FormData;
    const response = await fetch(this.#options.url + path, {
      method,
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
      ...(body && !isForm && { headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (response.status !== due)
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
    return JSON.parse(text);
  }
}
