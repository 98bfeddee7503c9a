/** A copy of the new backend's source, in which faults are planted, one after the other. */

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { localTime } from '@banyan/route-table/local-time.ts';
import { startSeenRelay } from '../fresh/seen-relay.ts';
import type { RunningBackend } from '../running-backend.ts';
import type { Mutant } from './mutant.ts';
import type { ServedCopy } from './planted-faults.ts';
import { SourceCopy } from './source-copy.ts';

/** A backend in a process of its own, so that its end can be told from its answers. */
export interface ChildBackend extends RunningBackend {
  /** How the process ended by itself; undefined while it runs or when it was closed. */
  readonly crashed: string | undefined;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
}

/** The copy, or what was planted in it, does not start: that is no catch. */
export class DoesNotStart extends Error {}

const PATIENCE = 90_000;

export class Workshop {
  readonly #copy: SourceCopy;
  readonly #serve: string;
  readonly #given: object;
  readonly #standIn: ServedCopy['standIn'];

  private constructor(copy: SourceCopy, { serve, standIn }: ServedCopy, given: object) {
    this.#copy = copy;
    this.#serve = join(copy.folder, serve);
    this.#given = given;
    this.#standIn = standIn;
  }

  static async open(options: ServedCopy): Promise<Workshop> {
    const given = await options.given();
    return new Workshop(await SourceCopy.of(options), options, given);
  }

  /**
   * Starts the copy with the fault in it, which is taken out again when the backend is closed; without a fault as it is.
   * @throws MutantDoesNotApply
   * @throws DoesNotStart
   */
  async start(mutant?: Mutant): Promise<ChildBackend> {
    const restore = mutant ? await this.#copy.plant(mutant) : async () => {};
    const relay = await startSeenRelay({ standIn: this.#standIn });
    const close = async () => {
      await relay.close();
      await restore();
    };
    try {
      const model = { baseUrl: relay.url, key: relay.key };
      const child = fork(this.#serve, [JSON.stringify({ ...this.#given, model })], {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // What was compiled once is not compiled again; what was changed is.
        env: { ...process.env, NODE_COMPILE_CACHE: join(this.#copy.folder, 'compiled') },
      });
      return new Served(child, await addressOf(child), relay, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#copy.remove();
  }
}

class Served implements ChildBackend {
  readonly url: string;
  readonly clock = localTime;
  readonly modelCalls: RunningBackend['modelCalls'];
  readonly #child: ChildProcess;
  readonly ended: Promise<void>;
  readonly #closed: () => Promise<void>;
  #closing = false;
  crashed: string | undefined;

  constructor(
    child: ChildProcess,
    url: string,
    modelCalls: RunningBackend['modelCalls'],
    closed: () => Promise<void>,
  ) {
    this.#child = child;
    this.url = url;
    this.modelCalls = modelCalls;
    this.#closed = closed;
    this.ended = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        if (!this.#closing) this.crashed = `it ended with ${signal ?? `code ${code}`}`;
        resolve();
      }),
    );
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.connected) this.#child.disconnect();
    await this.ended;
    await this.#closed();
  }
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new DoesNotStart(`${why}\n${said.trimEnd()}`));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`It was silent for ${PATIENCE / 1000} s.`);
    }, PATIENCE);
    child.once('exit', (code, signal) => fail(`It ended with ${signal ?? `code ${code}`}.`));
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve((message as { url: string }).url);
    });
  });
}
