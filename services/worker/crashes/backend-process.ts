/** A backend process that can be killed and comes back. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answer, BackendConfig, Question, Request } from './messages.ts';

/** It was killed, or could not do it: nothing was acknowledged. */
export class NotAnsweredError extends Error {}

export class BackendProcess {
  readonly #config: BackendConfig;
  #child: ChildProcess;
  #asked = 0;
  /** What processes said that ended without having been killed. */
  readonly endedByItself: string[] = [];

  constructor(config: BackendConfig) {
    this.#config = config;
    this.#child = this.#start();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process that runs now, or one after it, can be asked. */
  async ready(): Promise<void> {
    for (;;) {
      const child = this.#child;
      if (await isReady(child)) return;
      // It ended before it was ready: the database may have been away.
      if (child === this.#child) this.#child = this.#start();
    }
  }

  /** By SIGKILL, and starts it again at once; it need not be ready when this resolves. */
  async kill(): Promise<void> {
    await this.stop();
    this.#child = this.#start();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** @throws NotAnsweredError */
  async ask(request: Question): Promise<Answer> {
    const child = this.#child;
    const n = this.#asked++;
    const answer = await new Promise<Answer>((resolve, reject) => {
      const listen = (message: Answer) => {
        if (!('n' in message) || message.n !== n) return;
        child.off('message', listen).off('exit', ended);
        resolve(message);
      };
      const ended = () => reject(new NotAnsweredError('it was killed'));
      child.on('message', listen).once('exit', ended);
      child.send({ n, ...request } satisfies Request, (error) => {
        if (error) reject(new NotAnsweredError(error.message));
      });
    });
    if (answer.kind === 'failed') throw new NotAnsweredError(answer.error);
    return answer;
  }

  #start(): ChildProcess {
    const child = fork(join(import.meta.dirname, 'backend-main.ts'), [JSON.stringify(this.#config)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.setMaxListeners(100);
    let [said, wasReady] = ['', false];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    readiness.set(
      child,
      new Promise((resolve) => {
        child.once('message', () => {
          wasReady = true;
          resolve(true);
        });
        child.once('exit', (_, signal) => {
          if (signal !== 'SIGKILL' && wasReady) this.endedByItself.push(said);
          resolve(false);
        });
      }),
    );
    return child;
  }
}

const readiness = new WeakMap<ChildProcess, Promise<boolean>>();
const isReady = (child: ChildProcess) => readiness.get(child) ?? Promise.resolve(false);
