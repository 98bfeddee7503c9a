/**
 * Every order of the commands and events of a migration's first days: whatever comes first, no client misses anything that it had.
 * `ORDERS=5` runs longer orders; `npm run orders` does.
 */
import { expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { onPGlite } from '../testing/both.ts';
import { manyNotes, notesSource, oldId } from '../testing/notes-source.ts';
import { type Rig, startRig } from '../testing/rig.ts';

const steps = ['data', 'start', 'flip', 'sync', 'legacy restarts', 'gateway restarts', 'rollback'] as const;
type Step = (typeof steps)[number];

const longest = Number(process.env.ORDERS ?? 3);

/** Every order of different steps that begins so, up to a length. */
function* ordersAfter(begun: readonly Step[]): Generator<readonly Step[]> {
  yield begun;
  if (begun.length < longest)
    for (const step of steps) if (!begun.includes(step)) yield* ordersAfter([...begun, step]);
}

/** One run: what clients and operators do, and what every client must be shown. */
class Run {
  readonly #expected = new Map<string, string[]>();
  readonly #sync = Promise.withResolvers<void>();
  readonly #start: (run: Run) => Promise<Rig>;
  old = 0;
  mode: 'legacy' | 'new' = 'legacy';
  rig: Rig | undefined;

  constructor(start: (run: Run) => Promise<Rig>) {
    this.#start = start;
  }

  /** Resolves once the sync may read what legacy has. */
  get going(): Promise<void> {
    return this.#sync.promise;
  }

  async do(step: Step): Promise<void> {
    if (step === 'data') await this.#write();
    else if (step === 'start') await this.start();
    else if (step === 'sync') await this.sync();
    else if (step === 'flip' || step === 'rollback') {
      this.mode = step === 'flip' ? 'new' : 'legacy';
      this.rig?.flip(this.mode);
    } else if (step === 'legacy restarts') {
      await this.rig?.stopLegacy();
      await this.rig?.startLegacy();
    } else if (this.rig) {
      this.rig.kill();
      await this.rig.restart();
    }
  }

  async start(): Promise<Rig> {
    this.rig ??= await this.#start(this);
    return this.rig;
  }

  async sync(): Promise<void> {
    this.#sync.resolve();
    const { rig } = this;
    if (rig) await until(() => rig.continuity.sync.isEnded, 20_000, 'the sync to end');
  }

  /** On legacy before there is a gateway, and by clients afterwards. */
  async #write(): Promise<void> {
    const { rig } = this;
    if (!rig) {
      this.#expected.set(oldId(this.old), [`question ${this.old}`, `answer ${this.old}`]);
      this.old += 1;
      return;
    }
    const made = await rig.make();
    this.#expected.set(made, []);
    for (const [id, lines] of this.#expected) {
      const { status, json } = await rig.ask('POST', `/notes/${id}/lines`, { text: 'again' });
      expect(status).toBe(200);
      lines.push('again', (json as { reply: string }).reply);
    }
  }

  /** What a client is shown is what there is. */
  async check(): Promise<void> {
    const { rig } = this;
    if (!rig) return;
    const list = (await rig.ask('GET', '/notes')).json as { id: string; count: number }[];
    const wanted = [...this.#expected].map(([id, lines]) => [id, lines.length]);
    expect(list.map(({ id, count }) => [id, count]).toSorted()).toEqual(wanted.toSorted());
    for (const [id, lines] of this.#expected) {
      const shown = (await rig.ask('GET', `/notes/${id}/lines`)).json as { lines: { text: string }[] };
      expect(shown.lines.map(({ text }) => text)).toEqual(lines);
    }
  }
}

onPGlite((database) => {
  it.each(steps)('shows every client everything, whatever comes after: %s', async (first) => {
    for (const order of ordersAfter([first])) {
      const run = new Run((self) =>
        startRig(database.db, {
          startsAtOnce: true,
          mode: self.mode,
          legacyHas: (legacy) => manyNotes(legacy, self.old),
          sources: (legacy, fresh) => [notesSource(legacy, fresh, () => self.going)],
        }),
      );
      try {
        for (const step of order) {
          await run.do(step);
          await run.check();
        }
        // In the end everything is started and synced, and both backends have all of it.
        const rig = await run.start();
        await run.sync();
        await run.check();
        await rig.even();
        for (const step of ['flip', 'rollback'] as const) {
          await run.do(step);
          await run.check();
        }
        await rig.close();
      } catch (error) {
        throw new Error(`in the order ${order.join(', ')}`, { cause: error });
      }
    }
  });
});
