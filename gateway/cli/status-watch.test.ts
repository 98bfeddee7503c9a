import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningConsole } from '../console/console.ts';
import { overviewRoutes } from '../console/overview.ts';
import { shownAlarm } from '../continuity/alarms/alarm.ts';
import type { FlagStore } from '../flags/store.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { openConsole, shippedFlags } from '../test/support/console.ts';
import { flagFolder } from '../test/support/flag-folder.ts';
import { commandsOf } from './commands/index.ts';
import type { CliContext } from './context.ts';

const root = join(import.meta.dirname, '../..');

describe('banyan status --watch', () => {
  let place: ReturnType<typeof flagFolder>;
  let store: FlagStore;
  let operator: RunningConsole;
  beforeEach(async () => {
    place = flagFolder(shippedFlags);
    store = await place.open();
    const overview = overviewRoutes({
      application: 'test application',
      flagFile: place.file,
      table: chatTable,
      store,
      ready: () => true,
      traffic: (route) =>
        route === 'GET /api/chats' ? { legacy: { rate: 7, errors: 0, p50: 9, p99: 41 } } : {},
      compared: () => [],
      divergences: () => [],
      alarms: () => [
        shownAlarm({
          route: 'POST /api/chats',
          code: 'unsupported_id',
          since: '',
          last: '',
          count: 1,
          example: 'legacy: the number 17',
          kinds: [],
          madeBy: [],
          declared: '',
        }),
      ],
      jobs: async () => [
        {
          id: 'j',
          filename: 'long\x1b.pdf',
          isProcessing: true,
          age: 12,
          attempt: 2,
          pagesDone: 7,
          pagesTotal: 90,
        },
      ],
      work: async () => ({ queued: 2, processing: 1, oldest: 12, undelivered: 0, ownerless: 0 }),
    });
    operator = await openConsole(place, store, { extensions: [overview] });
  });
  afterEach(async () => {
    await operator.close();
    await store.close();
  });

  const watching = (...args: string[]) => {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, BANYAN_DATA: place.data, BANYAN_FLAGS: place.file, CONSOLE_PORT: '2' };
    const child = spawn(process.execPath, [join(root, 'bin/banyan.mjs'), 'status', '--watch', ...args], {
      env,
    });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  };

  it('prints a line of JSON each time that something changes, and ends with 0 at Ctrl-C', async () => {
    const { child, lines } = watching('--json');
    const next = async () => JSON.parse((await lines.next()).value ?? '') as { epoch: number; work: object };
    const first = await next();
    expect(first.work).toEqual({ queued: 2, processing: 1, oldest: 12, undelivered: 0, ownerless: 0 });
    await store.change({ target: 'health', mode: 'new', who: 'ada', why: 'first' });
    expect((await next()).epoch).toBe(first.epoch + 1);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('shows phases, traffic of both backends and uploads, without colours where it is no terminal', async () => {
    const { child, lines } = watching();
    let shown = '';
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      shown += `${line.value}\n`;
      if (String(line.value).startsWith('Guards')) break;
    }
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(shown).toMatch(/^test application: ready, epoch \d+, 0 of 14 routes on the new backend$/m);
    expect(shown).toContain('Alarm on POST /api/chats: legacy: the number 17; banyan alarms says');
    expect(shown).toMatch(/^read-only +[░]{30} {2}0 of 5$/m);
    expect(shown).toMatch(/^GET \/api\/chats +legacy +7\.0 +0\.0 % +9\/41 ms +– +– +– +– +yes$/m);
    expect(shown).toContain('  long·.pdf: worked on, page 7 of 90, taken 12 s ago, attempt 2\n');
    expect(shown).toMatch(/^Guards: errors 2%, divergences 0, latency 3x, window 60s, sample 20$/m);
    expect(shown).toContain('Uploads: 2 queued, 1 worked on, oldest 12 s');
    expect(shown).not.toContain('\x1b');
  });
});

describe('every command', () => {
  const program = new Command();
  for (const define of commandsOf({})) define(program, {} as CliContext);

  const all = program.commands.flatMap((command) => [
    [command.name(), command] as const,
    ...command.commands.map((sub) => [`${command.name()} ${sub.name()}`, sub] as const),
  ]);

  it.each(all)('%s prints JSON, and its help has examples', (_, command) => {
    expect(command.options.map(({ long }) => long)).toContain('--json');
    let help = '';
    command.configureOutput({
      writeOut: (more) => {
        help += more;
      },
    });
    command.outputHelp();
    expect(help).toMatch(/Examples:\n( {2}banyan .*\n?)+/);
  });
});
