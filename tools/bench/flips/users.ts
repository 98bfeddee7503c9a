/** Users of the application, each with a chat of its own, and how long each of their requests takes. */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

export const kinds = ['list', 'chat', 'rename', 'message', 'create'] as const;
export type Kind = (typeof kinds)[number];
/** So many of each kind, in turn. */
export type Mix = readonly Kind[];
/** What is written, a kind by itself or as people do it. */
export const writes = {
  rename: ['rename'],
  message: ['message'],
  create: ['create'],
  mixed: ['message', 'rename', 'message', 'create', 'message'],
} as const satisfies Record<string, Mix>;

export interface Timed {
  kind: Kind;
  /** Milliseconds until the whole answer was there. */
  took: number;
  failed: boolean;
}

/** As people do it: they look more often than they write. */
export const everyday: Mix = [
  'list',
  'chat',
  'rename',
  'chat',
  'message',
  'chat',
  'list',
  'chat',
  'message',
  'create',
];

export class Users {
  readonly #pool: Pool;
  readonly #chats: readonly string[];
  #said = 0;

  private constructor(pool: Pool, chats: readonly string[]) {
    this.#pool = pool;
    this.#chats = chats;
  }

  /** @param count makes a chat for each */
  static async of(url: string, count: number): Promise<Users> {
    const pool = new Pool(url, { connections: count });
    const chats: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const { body } = await pool.request({ method: 'POST', path: '/api/chats' });
      chats.push(((await body.json()) as { id: string }).id);
    }
    return new Users(pool, chats);
  }

  /** The same users, at another door. */
  at(url: string): Users {
    return new Users(new Pool(url, { connections: this.#chats.length }), this.#chats);
  }

  get count(): number {
    return this.#chats.length;
  }

  /** One request of the nth user. */
  async ask(user: number, kind: Kind): Promise<Timed> {
    const chat = this.#chats[user] ?? '';
    this.#said += 1;
    const json = (method: 'PUT' | 'POST', path: string, value: object) => ({
      method,
      path,
      body: JSON.stringify(value),
      headers: { 'content-type': 'application/json' },
    });
    const request = {
      list: () => ({ method: 'GET' as const, path: '/api/chats' }),
      chat: () => ({ method: 'GET' as const, path: `/api/chats/${chat}` }),
      rename: () => json('PUT', `/api/chats/${chat}/rename`, { title: `Title ${this.#said}` }),
      message: () => json('POST', `/api/chats/${chat}/messages`, { message: `Question ${this.#said}` }),
      create: () => ({ method: 'POST' as const, path: '/api/chats' }),
    }[kind]();
    const began = performance.now();
    const failed = await this.#pool.request(request).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode >= 400;
      },
      () => true,
    );
    return { kind, took: performance.now() - began, failed };
  }

  /**
   * All users at once, each one thing after the other.
   * @param pace milliseconds between two things that a user does
   */
  async go(mix: Mix, until: { requests: number } | { milliseconds: number }, pace = 0): Promise<Timed[]> {
    const all: Timed[] = [];
    const end = performance.now() + ('milliseconds' in until ? until.milliseconds : Number.POSITIVE_INFINITY);
    let left = 'requests' in until ? until.requests : Number.POSITIVE_INFINITY;
    await Promise.all(
      this.#chats.map(async (_, user) => {
        // Not all in step.
        for (let n = user; left > 0 && performance.now() < end; n += 1) {
          left -= 1;
          all.push(await this.ask(user, mix[n % mix.length] as Kind));
          if (pace > 0) await delay(pace * (0.5 + Math.random()));
        }
      }),
    );
    return all;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
